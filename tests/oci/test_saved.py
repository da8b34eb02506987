"""What `docker save` writes becomes a layout, and what only looks like it does not."""

import gzip
import io
import json
import tarfile

import pytest

from ec_builds.oci import Broken, ImageError, manifest, unpack
from tests.oci import making

LAYERS = [making.tar({"a.txt": b"a" * 5000}), making.tar({"b.txt": b"b"})]


def entry(name, content=b"", **attributes):
    """An entry of a tar, and what is in there."""
    found = tarfile.TarInfo(name)
    found.size = len(content)
    for attribute, value in attributes.items():
        setattr(found, attribute, value)
    return found, content


def link(name, target, type=tarfile.SYMTYPE):
    return entry(name, type=type, linkname=target)


def parts(layers=LAYERS, config=None, names=None):
    """The entries of an archive as Docker writes it."""
    names = names or [f"{number}/layer.tar" for number in range(len(layers))]
    told = [{"Config": "c.json", "RepoTags": ["server:7"], "Layers": names}]
    return {
        **{name: entry(name, each) for name, each in zip(names, layers)},
        "c.json": entry("c.json", config or making.config(layers)),
        "manifest.json": entry("manifest.json", json.dumps(told).encode()),
    }


@pytest.fixture
def convert(tmp_path):
    """Writes an archive, and makes a layout of it."""

    def run(entries, check=lambda: None, format=tarfile.GNU_FORMAT):
        with tarfile.open(tmp_path / "saved.tar", "w", format=format) as archive:
            for found, content in entries:
                archive.addfile(found, io.BytesIO(content))
        return unpack(tmp_path / "saved.tar", tmp_path / "layout", check)

    return run


def content(layout, descriptor):
    with layout.blob(descriptor) as pieces:
        return b"".join(pieces)


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_layers_are_packed_and_kept_in_order(convert, format):
    layout = convert(parts().values(), format=format)

    packed = [content(layout, each) for each in layout.manifest.layers]
    assert [gzip.decompress(each) for each in packed] == LAYERS
    assert layout.size < sum(map(len, LAYERS))
    assert layout.config["config"] == {"Cmd": ["/server"]}


def test_the_same_archive_makes_the_same_image(convert, tmp_path):
    first = convert(parts().values())

    again = unpack(tmp_path / "saved.tar", tmp_path / "again", lambda: None)
    assert first.digest == again.digest


def test_a_layer_that_is_there_twice_is_a_link(convert):
    layers = [LAYERS[0], LAYERS[0]]
    entries = parts(layers)
    for type, target in ((tarfile.SYMTYPE, "../0/layer.tar"), (tarfile.LNKTYPE, "0/layer.tar")):
        entries["1/layer.tar"] = link("1/layer.tar", target, type)

    layout = convert(entries.values())
    assert len({each.digest for each in layout.manifest.layers}) == 1


def test_names_may_begin_with_a_dot(convert):
    entries = parts()
    for found, _ in entries.values():
        found.name = f"./{found.name}"

    assert convert(entries.values()).size


def test_layers_that_are_packed_stay_as_they_are(convert):
    packed = [gzip.compress(each, mtime=7) for each in LAYERS]

    layout = convert(parts(packed, making.config(LAYERS)).values())
    assert [content(layout, each) for each in layout.manifest.layers] == packed


def told(document):
    return parts() | {"manifest.json": entry("manifest.json", json.dumps(document).encode())}


IMAGE = {"Config": "c.json", "Layers": ["0/layer.tar", "1/layer.tar"]}


#: Archives that are none, by what is wrong with them.
BAD = {
    "nothing": {},
    "no list": told({}),
    "no image": told([]),
    "two images": told([IMAGE, IMAGE]),
    "empty": told([{}]),
    "number": told([7]),
    "config is a number": told([IMAGE | {"Config": 7}]),
    "no layers": told([IMAGE | {"Layers": None}]),
    "lists of layers": told([IMAGE | {"Layers": [["a"]]}]),
    "one layer": told([IMAGE | {"Layers": ["0/layer.tar"]}]),
    "other order": told([IMAGE | {"Layers": ["1/layer.tar", "0/layer.tar"]}]),
    "layers outside": told([IMAGE | {"Layers": ["/etc/passwd", "../../etc/passwd"]}]),
    "config outside": told([IMAGE | {"Config": "/etc/passwd"}]),
    "deep": parts() | {"manifest.json": entry("manifest.json", b"[" * 99999)},
    "long": parts() | {"manifest.json": entry("manifest.json", b" " * 5_000_000)},
    "no config": parts() | {"c.json": entry("c.json", b"{}")},
    "config is none": parts() | {"c.json": entry("c.json", b"7")},
    "no digests": parts() | {"c.json": entry("c.json", b'{"rootfs": {"diff_ids": [1, 2]}}')},
    "longer layer": parts() | {"0/layer.tar": entry("0/layer.tar", LAYERS[0] + b"x")},
    "no gzip": parts() | {"0/layer.tar": entry("0/layer.tar", b"\x1f\x8bnot gzip")},
    "half": parts() | {"0/layer.tar": entry("0/layer.tar", gzip.compress(LAYERS[0])[:-20])},
    "pipe": parts() | {"0/layer.tar": entry("0/layer.tar", type=tarfile.FIFOTYPE)},
    "device": parts() | {"0/layer.tar": entry("0/layer.tar", type=tarfile.CHRTYPE)},
    "link outside": parts() | {"0/layer.tar": link("0/layer.tar", "/etc/passwd")},
    "link upwards": parts() | {"0/layer.tar": link("0/layer.tar", "../../../etc/passwd")},
    "link to itself": parts() | {"0/layer.tar": link("0/layer.tar", "layer.tar")},
    "hard link": parts() | {"0/layer.tar": link("0/layer.tar", "0/layer.tar", tarfile.LNKTYPE)},
    "long name": parts() | {"more": entry("n" * 100_000)},
    "other machine": parts(config=making.config(LAYERS, architecture="arm64")),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_saved_image_is_refused(convert, bad):
    with pytest.raises(ImageError):
        convert(BAD[bad].values())


@pytest.mark.parametrize("content", [b"", b"x" * 5000, gzip.compress(b"x" * 5000)], ids=len)
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "saved.tar").write_bytes(content)

    with pytest.raises(Broken):
        unpack(tmp_path / "saved.tar", tmp_path / "layout", lambda: None)


def test_an_archive_that_breaks_off_is_refused(convert, tmp_path):
    convert(parts().values())
    whole = (tmp_path / "saved.tar").read_bytes()

    for length in range(0, len(whole) - 10240, 512):
        (tmp_path / "saved.tar").write_bytes(whole[: length + 100])
        with pytest.raises(Broken):
            unpack(tmp_path / "saved.tar", tmp_path / f"layout{length}", lambda: None)


@pytest.mark.parametrize("size", [-512, -1, 1 << 70])
def test_sizes_that_make_no_sense_are_refused(tmp_path, size):
    """A negative one would have the archive read from its beginning for ever."""
    header = bytearray(entry("a")[0].tobuf(tarfile.GNU_FORMAT))
    header[124:136] = (size % (1 << 96)).to_bytes(12, "big") if size < 0 else (
        b"\x80" + size.to_bytes(11, "big")
    )
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:512]))
    (tmp_path / "saved.tar").write_bytes(bytes(header) + b"\0" * 10240)

    with pytest.raises(Broken):
        unpack(tmp_path / "saved.tar", tmp_path / "layout", lambda: None)


@pytest.mark.parametrize("size", ["-512", "9" * 30])
def test_nor_do_those_of_a_further_header(convert, size):
    entries = {"a": entry("a", pax_headers={"size": size})} | parts()
    with pytest.raises(Broken):
        convert(entries.values(), format=tarfile.PAX_FORMAT)


def test_holes_are_not_filled(convert):
    headers = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 20)
    }
    holes = entry("0/layer.tar", b"1\n0\n1\n".ljust(512, b"\0") + b"x", pax_headers=headers)
    with pytest.raises(Broken, match="holes"):
        convert((parts() | {"0/layer.tar": holes}).values(), format=tarfile.PAX_FORMAT)


def test_a_document_that_is_too_long_is_not_read(convert):
    with pytest.raises(Broken, match="more than 4194304 bytes"):
        convert(BAD["long"].values())


def test_a_layer_that_grows_without_measure_is_not_unpacked(convert, monkeypatch):
    packed = [gzip.compress(b"x" * 5_000_000, mtime=0)]
    monkeypatch.setattr(manifest, "LARGEST_IMAGE", 1_000_000)

    with pytest.raises(Broken, match="layer of more than"):
        convert(parts(packed, making.config([b"x" * 5_000_000])).values())


def test_entries_are_counted(convert, monkeypatch):
    monkeypatch.setattr("ec_builds.oci.saved.MOST_ENTRIES", 3)

    with pytest.raises(Broken, match="too many"):
        convert(parts().values())


def test_it_can_be_stopped(convert):
    def check():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(parts().values(), check)
