"""What `docker save` writes, made into a layout: a tar with layers that are not packed.

Nothing is unpacked by the names in it: each layer goes into a file that is called by
its digest, and has to be the one that the image's config tells of.
"""

import hashlib
import posixpath
import tarfile
import zlib
from contextlib import contextmanager
from pathlib import Path

import orjson

from ec_builds.oci import manifest as manifests
from ec_builds.oci.errors import Broken
from ec_builds.oci.layout import PIECE, Layout
from ec_builds.oci.manifest import CONFIG, LAYER, Descriptor, Manifest

MOST_ENTRIES = 20_000
#: Bytes of what a tar says of one entry, beside its header.
LONGEST_HEADER = 1 << 16
#: A layer may be a link to one that is the same; links of links are followed so far.
MOST_LINKS = 8
#: zlib's words for gzip, whose header then has no time and no name in it.
GZIP = 31
GZIP_BEGIN = b"\x1f\x8b"
#: What tarfile makes of archives that are none.
FAULTS = (tarfile.TarError, OSError, ValueError, OverflowError, EOFError, zlib.error)


def unpack(archive, folder, check):
    """Make a layout, in a new folder, of what `docker save` has written into a file.

    check: called between pieces, and may raise.
    """
    blobs = Path(folder) / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    with Saved.open(archive) as saved:
        config = saved.read(saved.image["Config"])
        digests = diff_ids(config)
        names = saved.image["Layers"]
        if len(names) != len(digests) or len(names) > manifests.MOST_LAYERS:
            raise Broken("The archive of the image has other layers than its config tells of")
        layers = [
            pack(saved.pieces(name, check), blobs, digest) for name, digest in zip(names, digests)
        ]
    described = Descriptor.of(config, CONFIG)
    (blobs / described.digest.partition(":")[2]).write_bytes(config)
    return Layout.write(folder, Manifest.of(described, layers))


def diff_ids(config):
    """The digests of all layers, not packed."""
    rootfs = manifests.parsed(config, "config").get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(found, list):
        raise Broken("The config of the image tells of no layers")
    return found


def pack(pieces, folder, diff_id):
    """Write a layer into a file that is called by its digest. Returns its descriptor."""
    path = folder / "layer"
    packer, raw, packed, size = None, hashlib.sha256(), hashlib.sha256(), 0
    with path.open("wb") as file:
        for piece in pieces:
            packer = packer or (Unpacked if piece.startswith(GZIP_BEGIN) else Packed)(raw)
            size += file.write(made := packer.take(piece))
            packed.update(made)
        packer = packer or Packed(raw)
        size += file.write(made := packer.end())
        packed.update(made)
    if f"sha256:{raw.hexdigest()}" != diff_id:
        raise Broken("The archive of the image has another layer than its config tells of")
    path.rename(folder / packed.hexdigest())
    return Descriptor(f"sha256:{packed.hexdigest()}", size, LAYER)


class Packed:
    """Packs a layer, and hashes it as it is."""

    def __init__(self, raw):
        self.raw, self.packer = raw, zlib.compressobj(wbits=GZIP)

    def take(self, piece):
        self.raw.update(piece)
        return self.packer.compress(piece)

    def end(self):
        return self.packer.flush()


class Unpacked:
    """Lets a layer that is packed already pass, and hashes what is in there."""

    def __init__(self, raw):
        self.raw, self.size, self.unpacker = raw, 0, zlib.decompressobj(GZIP)

    def take(self, piece):
        left = piece
        while left and not self.unpacker.eof:
            found = self.unpacker.decompress(left, PIECE)
            self.size += len(found)
            if self.size > manifests.LARGEST_IMAGE:
                raise Broken(f"The image has a layer of more than {manifests.LARGEST_IMAGE} bytes")
            self.raw.update(found)
            left = self.unpacker.unconsumed_tail
        return piece

    def end(self):
        self.raw.update(self.unpacker.flush())
        return b""


class Header(tarfile.TarInfo):
    """A header that is read only if it makes sense, and is not long."""

    LONG = (
        tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    )

    def _proc_member(self, archive):  # where tarfile lets its subclasses in
        most = LONGEST_HEADER if self.type in self.LONG else manifests.LARGEST_IMAGE
        if not 0 <= self.size <= most or self.type == tarfile.GNUTYPE_SPARSE:
            raise Broken("The archive of the image has an entry that is too large, or has holes")
        return super()._proc_member(archive)


class Saved:
    """An archive, whose entries are found by name."""

    def __init__(self, archive):
        self.archive, self.entries = archive, {}
        for number, entry in enumerate(archive):
            if number >= MOST_ENTRIES or entry.size < 0 or entry.issparse():
                raise Broken("The archive of the image has entries too many, or one with holes")
            self.entries[posixpath.normpath(entry.name)] = entry
        self.image = self.only_image()

    @classmethod
    @contextmanager
    def open(cls, path):
        try:
            with tarfile.open(path, "r:", tarinfo=Header) as archive:
                yield cls(archive)
        except FAULTS as error:
            raise Broken("The archive of the image cannot be read") from error

    def only_image(self):
        """Where the parts are of the one image that was saved."""
        try:
            [image] = orjson.loads(self.read("manifest.json"))
            names = [image["Config"], *image["Layers"]]
        except (orjson.JSONDecodeError, TypeError, ValueError, KeyError) as error:
            raise Broken("The archive does not tell of one image") from error
        if not all(isinstance(name, str) for name in names):
            raise Broken("The archive does not tell of one image")
        return image

    def find(self, name):
        """The file of some name, also if it is behind a link."""
        for _ in range(MOST_LINKS):
            entry = self.entries.get(name := posixpath.normpath(name))
            if entry is None or not (entry.issym() or entry.islnk()):
                break
            folder = posixpath.dirname(name) if entry.issym() else ""
            name = posixpath.join(folder, entry.linkname)
        if entry is None or not entry.isreg():
            raise Broken("The archive of the image lacks a part of it", name=name[:200])
        return entry

    def read(self, name):
        """A small file as a whole."""
        entry = self.find(name)
        if entry.size > manifests.LARGEST_DOCUMENT:
            raise Broken(f"A part of the image has more than {manifests.LARGEST_DOCUMENT} bytes")
        return self.archive.extractfile(entry).read()

    def pieces(self, name, check):
        """A file, piece by piece."""
        file = self.archive.extractfile(self.find(name))
        while piece := file.read(PIECE):
            check()
            yield piece
