"""Archives of game servers, as clients of the Hathora face upload them."""

import io
import shutil
import tarfile

OCTETS = "application/octet-stream"
#: Needs nothing that is not in the archive.
SMALL = b"FROM scratch\nCOPY . /\n"
#: Has a shell.
SHELL = b"""FROM scratch
COPY busybox /bin/busybox
SHELL ["/bin/busybox", "sh", "-c"]
"""
#: A kind of entry that is no file.
LINK = "link"


def tgz(files, lead=""):
    """An archive of files: their contents, contents with modes, or (LINK, target)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{lead}{name}")
            content, mode = content if isinstance(content, tuple) else (content, 0o644)
            if content == LINK:
                entry.type, entry.linkname = tarfile.SYMTYPE, mode
                archive.addfile(entry)
            elif name.endswith("/"):
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                entry.size, entry.mode = len(content), mode
                archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def small(content=b"server", **files):
    """The cheapest archive that becomes an image."""
    return tgz({"Dockerfile": SMALL, "server": (content, 0o755), **files})


def hopeless():
    """An archive that cannot become one, which is soon found out."""
    return tgz({"server": b"server"})


def shell(*commands):
    """An archive whose image runs commands in a shell while it is built."""
    with open(shutil.which("busybox"), "rb") as busybox:
        runs = "".join(f"RUN {command}\n" for command in commands)
        return tgz({"Dockerfile": SHELL + runs.encode(), "busybox": (busybox.read(), 0o755)})


def file(archive, name="server.tgz"):
    """The one part of a form."""
    return {"file": (name, archive, OCTETS)}
