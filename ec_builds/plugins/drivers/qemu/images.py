"""Images of virtual machines: files in a folder of the operator, which nothing is written to."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ec_builds.errors import BuildError
from ec_builds.plugins import paths

ARCH = "x86_64"
#: What a file begins with that is not the plain content of a disk.
QCOW2 = b"QFI\xfb"
#: How the key ends that lets root in, beside an image; and the name of one for all of them.
KEY, COMMON = ".key", "key"


@dataclass(frozen=True)
class Image:
    """A disk that a machine can be booted from."""

    name: str
    file: Path
    #: The private key that lets root in; None for an image that wants no password.
    key: Path | None

    @property
    def format(self):
        """Said to qemu: it would guess from content that was written in a machine."""
        with open(self.file, "rb") as file:
            return "qcow2" if file.read(len(QCOW2)) == QCOW2 else "raw"


def find(folder, name):
    """An image by its name, such as `centos/7`. Raises BuildError with what a person can do."""
    parts = named(name)
    for place in (folder.joinpath(ARCH, *parts), folder.joinpath(*parts)):
        if place.is_file():
            if not paths.inside(folder, place):
                told = f"The image “{paths.shown(name)}” leads out of the folder of images"
                raise BuildError(told, image=paths.shown(name))
            return Image(name, place.resolve(), find_key(folder, place))
    raise BuildError(
        f"couldn't find image {paths.shown(name)}: whoever runs this server puts it into its"
        f" folder of images (EC_BUILDS_QEMU_IMAGES) as {ARCH}/{paths.shown(name)}",
        image=paths.shown(name),
    )


def named(name):
    """The parts of a name. Raises BuildError for what names no image."""
    parts = name.split("/")
    is_key = parts[-1].endswith(KEY) or parts[-1] == COMMON
    if paths.fault(name) or is_key or any(part in ("", ".", "..") for part in parts):
        raise BuildError(
            f"“{paths.shown(name)}” cannot be the name of an image; centos/7 is one",
            image=paths.shown(name),
        )
    return parts


def find_key(folder, place):
    """The key of an image, or the common one. ssh would not use one that others can read."""
    for key in (place.with_name(place.name + KEY), folder / COMMON):
        if key.is_file():
            if not paths.inside(folder, key):
                raise BuildError(f"The key “{key.name}” leads out of the folder of images")
            if stat.S_IMODE(os.stat(key).st_mode) & 0o077:
                raise BuildError(f"The key “{key.name}” can be read by others: it wants mode 0600")
            return key.resolve()
    return None
