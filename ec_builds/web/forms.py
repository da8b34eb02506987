"""Forms that are uploaded: their fields, and where their file is in the body on disk."""

import io
from dataclasses import dataclass, field
from string import printable

from flask import request
from multipart import (
    MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser,
)

from ec_builds.errors import BodyTooLarge, Unmatched
from ec_builds.web.body import uploaded
from ec_builds.web.current import runtime

#: How a form is sent, and what its file is called.
FORM, FILE = "multipart/form-data", "file"
#: Parts of a form, bytes of a field, and headers of a part and bytes of one of them, at most.
PARTS, FIELD, HEADERS, HEADER = 100, 64 * 1024, 16, 16 * 1024
#: Characters of what stands between parts, at most (RFC 2046, 5.1.1, allows 70).
BOUNDARY = 200
#: Bytes of a file that are looked at, at a time.
PIECE = 256 * 1024
CUT = "It is no form, or ends before the form does; send it again"
MANY = f"A form may have {PARTS} parts, each with {HEADERS} headers of {HEADER} bytes."


class Window(io.RawIOBase):
    """A part of a file, read as if it were all of it."""

    def __init__(self, file, begin):
        self.file, self.begin, self.size, self.at = file, begin, 0, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=io.SEEK_SET):
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if at < 0:
            raise ValueError("There is nothing before the beginning.")
        self.at = at
        return at

    def readinto(self, buffer):
        with memoryview(buffer).cast("B") as whole:
            room = whole[: max(0, min(len(whole), self.size - self.at))]
            self.file.seek(self.begin + self.at)
            count = self.file.readinto(room)
        self.at += count
        return count


@dataclass
class Form:
    """What a form says: texts by their names, and a file, which may be missing.

    The file is at its beginning, and closed after the request.
    """

    fields: dict[str, str] = field(default_factory=dict)
    file: Window | None = None

    @property
    def size(self):
        """Bytes of the file; None without one."""
        return self.file.size if self.file else None


def form():
    """The form that is the body of an upload; no body at all is one without fields.

    Its address has to be one of `ec_builds/uploads/addresses.py`. Raises BodyTooLarge, Unavailable
    and Unmatched.
    """
    spool, size = uploaded()
    if not size:
        return Form()
    if request.mimetype != FORM:
        raise Unmatched("Content-Type", f"A body of this address has to be {FORM}.")
    found = read(spool, boundary())
    if found.file and found.size > runtime.uploads.limit:
        raise BodyTooLarge(FILE, f"A file may have {runtime.uploads.limit} bytes.")
    return found


def boundary():
    """What stands between the parts of the form. Raises Unmatched."""
    told = request.mimetype_params.get("boundary", "")
    if not 0 < len(told) <= BOUNDARY or not set(told) <= set(printable[:95]):
        raise Unmatched("Content-Type", "It has to say what stands between the parts of the form.")
    return told


def read(spool, boundary):
    """The form in a body on disk, whose file stays where it is."""
    reader = Reader(spool)
    parser = PushMultipartParser(
        boundary,
        max_header_size=HEADER,
        max_header_count=HEADERS,
        max_segment_count=PARTS,
        header_charset="latin-1",  # no name of a file is wrong
    )
    try:
        for event in parser.parse_blocking(reader.piece):
            reader.take(event)
    except ParserLimitReached as error:
        raise Unmatched("body", MANY) from error
    except MultipartError as error:
        raise Unmatched("body", f"{CUT} ({error}).") from error
    finally:
        reader.end()
    return reader.form


class Reader:
    """Goes through a body and gathers what is in it.

    It reads lines until the file begins, so that this begins where a line has ended, and pieces
    from there on.
    """

    def __init__(self, spool):
        self.spool, self.source = spool, io.BufferedReader(spool, PIECE)
        self.form, self.name, self.text = Form(), None, bytearray()

    def piece(self, size):
        return self.source.read(PIECE) if self.form.file else self.source.readline(size)

    def take(self, event):
        """A part begins, or there is more of it, or it ends."""
        if isinstance(event, MultipartSegment):
            self.begin(event.name)
        elif event and self.name == FILE:
            self.form.file.size += len(event)
        elif event:
            self.add(event)
        elif self.name != FILE:
            self.form.fields[self.name] = self.text.decode("utf-8", "replace")

    def begin(self, name):
        self.name = name.encode("latin-1").decode("utf-8", "replace")
        self.text = bytearray()
        if name == FILE:
            if self.form.file:
                raise Unmatched(FILE, "There may be only one.")
            self.form.file = Window(self.spool, self.source.tell())

    def add(self, text):
        self.text += text
        if len(self.text) > FIELD:
            raise Unmatched("body", f"A field of a form may have {FIELD} bytes.")

    def end(self):
        self.source.detach()
