"""A file whose reader can be stopped."""


class Watched:
    """Reads like a file, and calls `check` before each block; it raises to stop."""

    def __init__(self, file, check):
        self.file, self.check = file, check

    def read(self, size=-1):
        self.check()
        return self.file.read(size)
