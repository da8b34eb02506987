"""The bytes of a gzip file, inflated as they are wanted, and counted."""

from zlib_ng import zlib_ng

from ec_builds.errors import BuildError

#: What is read of the file at once, and the most that is inflated at once.
CHUNK, PIECE = 1 << 17, 1 << 18
MAGIC = b"\x1f\x8b\x08"
#: Asks for a header and a trailer of gzip, and checks both.
GZIP = 16 + 15

NO_TARBALL = "The archive is not a gzip-compressed tar"
CUT_OFF = "The archive is cut off: its end is missing"


def is_gzip(beginning):
    """Whether a file that begins like this may be one of gzip. Three bytes are enough."""
    return beginning.startswith(MAGIC)


class Inflated:
    """What is in a gzip file; it goes forward only, and holds one piece at a time.

    Several members one after the other are one file, as gzip has it, and so are zeros after
    the last one. Anything else that follows is refused: an upload has gone wrong.
    """

    def __init__(self, file, growth, check):
        self.file, self.growth, self.check = file, growth, check
        self.waiting, self.inflater = b"", zlib_ng.decompressobj(GZIP)
        self.piece, self.at = memoryview(b""), 0
        self.position = 0
        if not is_gzip(self.feed()):
            raise BuildError(NO_TARBALL if self.waiting else "The archive is empty: it has 0 bytes")

    def feed(self):
        """What is to be inflated next; nothing at the end of the file."""
        if not self.waiting:
            self.waiting = self.file.read(CHUNK)
        return self.waiting

    def pieces(self, size):
        """The next so many bytes, in pieces that are good until the next one is asked for."""
        while size:
            if self.at == len(self.piece) and not self.inflate():
                raise BuildError(CUT_OFF)
            piece = self.piece[self.at : self.at + size]
            self.at += len(piece)
            self.position += len(piece)
            size -= len(piece)
            yield piece

    def read(self, size):
        """The next so many bytes, or less at the end; for what is known to be small."""
        found = self.piece[self.at : self.at + size].tobytes()
        self.at += len(found)
        while len(found) < size and self.inflate():
            self.at = min(size - len(found), len(self.piece))
            found += self.piece[: self.at]
        self.position += len(found)
        return found

    def skip(self, size):
        for _ in self.pieces(size):
            pass

    def drain(self):
        """Go to the end, for only there it is known whether the file is whole."""
        while self.inflate():
            pass

    def inflate(self):
        """Inflate the next piece. Says whether there is one."""
        self.piece, self.at = memoryview(b""), 0
        while not self.piece:
            self.check()
            if self.inflater.eof and not self.begin():
                return False
            if not self.feed():
                raise BuildError(CUT_OFF)
            self.piece = memoryview(self.take())
        self.growth.add(len(self.piece))
        return True

    def take(self):
        try:
            piece = self.inflater.decompress(self.waiting, PIECE)
        except zlib_ng.error as error:
            raise BuildError(f"The archive is damaged: {error}", reason=str(error)) from error
        over = self.inflater.unused_data if self.inflater.eof else self.inflater.unconsumed_tail
        self.waiting = over
        return piece

    def begin(self):
        """Begin the next member. Says whether there is one."""
        while self.feed() and not self.waiting.strip(b"\0"):
            self.check()
            self.waiting = b""
        if not self.waiting:
            return False
        if len(self.waiting) < len(MAGIC):
            self.waiting += self.file.read(CHUNK)
        if not is_gzip(self.waiting):
            raise BuildError("The archive is followed by something that does not belong to it")
        self.inflater = zlib_ng.decompressobj(GZIP)
        return True
