"""Places for uploads: an archive comes in parts, as a form, or at once."""

import hashlib
import secrets as chance
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ec_builds.errors import InvalidParameter, NoMatch
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.database import CHANGE, database, timestamp, transaction
from ec_builds.store.litter import Litter
from ec_builds.store.upload import Part, Upload, fingerprint

#: Parts of an upload at the most, as in most object storages.
MOST = 10000
#: What a file that gzip has written begins with (RFC 1952, 2.3.1).
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Slot:
    """A place for an upload, and the secret in its addresses, which is told once."""

    secret: str
    upload: Upload


class Slots:
    """What is uploaded for builds that wait for it.

    chunk: bytes of a part; limit: bytes of an archive; lifetime: seconds for which addresses are
    good. Whoever knows the secret in an address may upload, and nobody else.
    """

    def __init__(self, kept, chunk, limit, lifetime):
        self.kept, self.chunk, self.limit, self.lifetime = kept, chunk, limit, lifetime

    def check(self, size):
        """Raises InvalidParameter for a size that no archive in parts can have."""
        if not 0 < size <= self.limit:
            told = f"An archive may have from 1 to {self.limit} bytes, and not {size}"
            raise InvalidParameter("buildSizeInBytes", told)
        if -(-size // self.chunk) > MOST:
            told = f"An archive may have {MOST} parts of {self.chunk} bytes at the most"
            raise InvalidParameter("buildSizeInBytes", told)

    def open(self, build_id, kind, size=None):
        """A Slot for what is uploaded for a build; part of the transaction that creates that.

        kind: `parts` of an archive whose size is known, `form`, or `body`.
        """
        secret = chance.token_urlsafe(32)
        upload = Upload.create(
            build_id=build_id,
            fingerprint=None if kind == "body" else fingerprint(secret),
            kind=kind,
            size=size,
            chunk=self.chunk if kind == "parts" else None,
            expires=timestamp(datetime.now(UTC) + timedelta(seconds=self.lifetime)),
        )
        return Slot(secret, upload)

    def ticket(self, secret):
        """What has to come with a form, besides that its address is known."""
        return hashlib.sha256(f"form {secret}".encode()).hexdigest()

    def knows(self, secret):
        """Whether addresses with a secret are good for something."""
        return Upload.behind(secret) is not None

    def behind(self, secret, kind):
        """The upload of some kind whose addresses have a secret. Raises NoMatch."""
        upload = Upload.behind(secret)
        if upload is None or upload.kind != kind:
            raise NoMatch("upload")
        return upload

    def put_part(self, secret, number, file, size):
        """Keep a part, in place of the one of that number that was there. Returns its MD5."""
        upload = self.behind(secret, "parts")
        if number > upload.number_of_parts:
            raise NoMatch("upload")
        if size > upload.chunk:
            told = f"A part may have {upload.chunk} bytes, and not {size}"
            raise InvalidParameter("partNumber", told)
        return self.keep(upload, number, file, is_all=False)

    def put_form(self, secret, file):
        """Keep a whole archive, in place of the one that was there."""
        self.keep(self.behind(secret, "form"), 1, file, is_all=True)

    def keep(self, upload, number, file, is_all):
        """Store a file, and write down that it is there, unless the build was run meanwhile."""
        with self.stored(upload.build_id, number, file) as part, transaction():
            self.take(upload, is_all)
            Part.put(upload.build_id, number, **part)
        return part["md5"]

    @contextmanager
    def stored(self, build_id, number, file):
        """A file in the storage: size, MD5 and key of a part. It goes if what is done with it
        fails."""
        key = f"builds/{build_id}/upload/{number}-{chance.token_hex(8)}"
        reader = Reader(file)
        try:
            with self.kept.asking():
                size = self.kept.storage.put(key, reader)
            yield {"size": size, "md5": reader.md5.hexdigest(), "key": key}
        except BaseException:
            Litter.drop(key)
            raise

    def take(self, upload, is_all):
        """Hold an upload while something of it changes; `is_all` makes it another one.

        Raises NoMatch if the build does not wait for it any more.
        """
        build = Build.living().where(Build.id == upload.build_id, Build.state == State.CREATED)
        mine = Upload.select().where(Upload.build_id == upload.build_id)
        held = database.obj.locking(build, CHANGE).first() and mine.first()
        if held is None or held.fingerprint != upload.fingerprint:
            raise NoMatch("upload")
        change = Upload.update(complete=is_all)
        if is_all:
            Part.drop(upload.build_id)
        change.where(Upload.build_id == upload.build_id).execute()

    def complete(self, secret, listed):
        """All parts are said to be there. Raises InvalidParameter unless they are.

        listed: the number of each part, and its MD5 as the client knows it.
        """
        upload = self.behind(secret, "parts")
        with transaction():
            self.take(upload, is_all=False)
            parts = upload.parts
            fault = unlike(listed, parts, upload)
            if fault is None:
                Upload.update(complete=True).where(Upload.build_id == upload.build_id).execute()
        if fault:
            raise InvalidParameter("upload", fault)

    def close(self, build_id, part=None):
        """What was uploaded for a build is as it is; part of the transaction in which that is run.

        part: what has come with the request itself, in place of anything else.
        Raises InvalidParameter unless it is whole.
        """
        if part is not None:
            Part.drop(build_id)
            Part.put(build_id, 1, **part)
            Upload.update(complete=True).where(Upload.build_id == build_id).execute()
        upload = Upload.get_or_none(Upload.build_id == build_id)
        if upload is None or not upload.complete:
            raise InvalidParameter("buildId", lacks(upload))
        Upload.update(fingerprint=None).where(Upload.build_id == build_id).execute()

    def inspect(self, build_id):
        """Raises InvalidParameter if what was uploaded for a build cannot be an archive."""
        first = next(iter(Part.select().where(Part.build_id == build_id, Part.number == 1)), None)
        found = first and self.kept.find(first.key, "archive", first.md5)
        if found:
            with found.file as file:
                require_archive(file)


class Reader:
    """A file that is told apart while it is read."""

    def __init__(self, file):
        self.file, self.md5 = file, hashlib.md5(usedforsecurity=False)

    def read(self, size=-1):
        block = self.file.read(size)
        self.md5.update(block)
        return block


def require_archive(file):
    """Raises InvalidParameter for a file that is no archive; it is at its beginning again."""
    head = file.read(len(GZIP))
    file.seek(0)
    if head != GZIP:
        told = "The archive is not a gzip-compressed tar; pack it with tar -czf"
        raise InvalidParameter("buildId", told)


def unlike(listed, parts, upload):
    """What speaks against a list of parts, as a sentence; or None."""
    numbers = list(range(1, upload.number_of_parts + 1))
    tags = dict(listed)
    if sorted(number for number, _ in listed) != numbers:
        return f"It should name each of the {len(numbers)} parts once"
    for number in numbers:
        if not tags[number]:
            return f"Part {number} has no ETag, so it was not uploaded"
    there = {part.number: part for part in parts}
    for number in numbers:
        if number not in there:
            return f"Part {number} is missing"
        if tags[number] != there[number].md5:
            return f"Part {number} has another ETag: {there[number].md5}"
    size = sum(part.size for part in parts)
    if size != upload.size:
        return f"The parts have {size} bytes together, where {upload.size} were announced"
    return None


def lacks(upload):
    """What is missing for a build to be run."""
    if upload is None or upload.kind == "body":
        return "There is no archive: send it as a part named file of a multipart form"
    if upload.fingerprint is None:
        return "The time for its upload is over, so create another build"
    if upload.kind == "form":
        return "Nothing was uploaded yet"
    return "Its upload is not complete"
