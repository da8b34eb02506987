"""What lies under several keys, read as one file."""

import io


class Joined(io.RawIOBase):
    """A file of `size` bytes; only the part that is being read is open.

    `find` returns key and first byte of the part in which a byte lies, or None.
    It is asked again when a key is gone, since parts may be put together meanwhile.
    """

    def __init__(self, storage, find, size):
        self.storage, self.find, self.size = storage, find, size
        self.place, self.part = 0, None

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.place

    def seek(self, offset, whence=io.SEEK_SET):
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        self.place = max(0, origin + offset)
        self.leave()
        return self.place

    def readinto(self, buffer):
        wanted = min(len(buffer), self.size - self.place)
        if wanted <= 0:
            return 0
        block = self.part.read(wanted) if self.part else b""
        if not block:
            self.enter()
            block = self.part.read(wanted)
        buffer[: len(block)] = block
        self.place += len(block)
        return len(block)

    def enter(self):
        """Open the part that is next. Raises OSError if it has vanished."""
        self.leave()
        for _ in range(2):
            found = self.find(self.place)
            if found is None:
                break
            key, start = found
            try:
                self.part = self.storage.open(key)
            except KeyError:
                continue
            self.part.seek(self.place - start)
            return
        raise OSError(f"byte {self.place} of {self.size} is in no part")

    def leave(self):
        if self.part:
            self.part.close()
        self.part = None

    def close(self):
        self.leave()
        super().close()
