"""Takes files out of a tar that a program writes, as it comes, and nothing else than files.

    python -I -S picking.py INTO MOST PATTERN COMMAND...

The tar is of one file, or of one folder. Files are written to the folder INTO, as 1.file and so on;
what is a link, or anything else, is not followed, opened or made here. An empty PATTERN takes all
that is there, another one what it names below the folder, as a shell would expand it.

INTO/index.json tells the path of each file below the folder (empty for the tar of one file), and
of what can be had by asking for it alone: further names of a file, links that the pattern names.
The exit code is 0, or that of the command, or 1 when there are more than MOST files.

A program of its own that imports nothing of ours: the stream may be large, and is never kept.
"""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile

PIECE = 1 << 20


def main(into, most, pattern, *command):
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as client:
        picked = Picked(into, int(most), pattern)
        try:
            with tarfile.open(fileobj=client.stdout, mode="r|", bufsize=PIECE) as archive:
                for member in archive:
                    picked.look(archive, member)
                    archive.members.clear()  # it would remember all of them
        except tarfile.ReadError:
            if not client.wait():
                raise
        except TooMany as error:
            client.kill()
            return str(error)
        while client.stdout.read(PIECE):  # what pads the end of the stream
            continue
    picked.tell()
    return client.returncode


class TooMany(Exception):
    """More files than anybody wants."""


class Picked:
    """What was taken out of one stream."""

    def __init__(self, into, most, pattern):
        self.into, self.most = into, most
        self.wanted = [matcher(each) for each in pattern.split("/")] if pattern else []
        self.root, self.files, self.others = None, [], []

    def look(self, archive, member):
        parts = [part for part in member.name.split("/") if part not in ("", ".")]
        if self.root is None:  # the first one is what was asked for, whatever it is called here
            self.root = parts if member.isdir() else [*parts, None]
            parts = parts if member.isdir() else [*parts, None]
        if ".." in parts or parts[: len(self.root)] != self.root:
            return  # no client writes that
        path = parts[len(self.root) :]
        if not self.matches(path):
            return
        name = "/".join(path)
        if member.isreg():
            self.take(archive.extractfile(member), name)
        elif member.islnk() and (first := self.first(member.linkname)):
            with open(self.place(first), "rb") as source:
                self.take(source, name)
        elif path and (member.islnk() or member.issym() and len(path) == len(self.wanted)):
            self.others.append(name)
            self.count()

    def first(self, linkname):
        """The number of the file that was taken under another of its names, if it was."""
        path = [part for part in linkname.split("/") if part not in ("", ".")]
        name = "/".join(path[len(self.root) :])
        return self.files.index(name) + 1 if name in self.files else None

    def matches(self, path):
        """Whether a path is named by the pattern, or lies in a folder that is."""
        if len(path) < len(self.wanted):
            return False
        return all(wanted(part) for wanted, part in zip(self.wanted, path))

    def take(self, source, name):
        self.files.append(name)
        self.count()
        with open(self.place(len(self.files)), "xb") as file:
            shutil.copyfileobj(source, file, PIECE)

    def place(self, number):
        return os.path.join(self.into, f"{number}.file")

    def count(self):
        if len(self.files) + len(self.others) > self.most:
            raise TooMany(f"it names more than {self.most} files")

    def tell(self):
        with open(os.path.join(self.into, "index.json"), "x") as file:
            json.dump({"files": self.files, "others": self.others}, file)


def matcher(wanted):
    """A function that says whether a name is what one part of a pattern names."""
    match = re.compile(fnmatch.translate(wanted)).match
    is_hidden = wanted.startswith(".")
    return lambda name: bool(match(name)) and (is_hidden or not name.startswith("."))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
