"""A zip on its way to a file: whole or not at all."""

import hashlib
import io

import click
import pytest
from rich.console import Console

from ec_builds.cli.display import Display
from ec_builds.cli.result import Result, images
from ec_builds.client import Resource, Session, Unreachable
from tests.client.conftest import serve, server  # noqa: F401

CONTENT = b"a zip, say"


@pytest.fixture
def display():
    return Display(Console(file=io.StringIO()))


@pytest.fixture
def result(server):  # noqa: F811
    """A maker of results; what is promised of them can be changed."""
    server.say("/zip", CONTENT, Content_Type="application/zip")
    with Session(server.root) as session:

        def result(**promised):
            true = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
            config = {"url": f"{server.root}zip", **true, **promised}
            build = {"buildLocation": {"type": "zipFile", "config": config}}
            return Result(Resource(session, build, server.root))

        yield result


def test_it_is_saved(result, display, tmp_path):
    received = result().save(tmp_path / "a.zip", display)

    assert received.size == len(CONTENT)
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


@pytest.mark.parametrize("promised", [{"size": 1}, {"sha256": "0" * 64}])
def test_other_bytes_than_promised_are_refused(result, display, tmp_path, promised):
    (tmp_path / "a.zip").write_text("old")

    with pytest.raises(click.ClickException, match="was promised"):
        result(**promised).save(tmp_path / "a.zip", display)

    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]
    assert (tmp_path / "a.zip").read_text() == "old"


def test_half_a_zip_is_not_saved(server, result, display, tmp_path):  # noqa: F811
    server.say("/zip", CONTENT, Content_Length="1000")

    with pytest.raises(Unreachable):
        result().save(tmp_path / "a.zip", display)

    assert list(tmp_path.iterdir()) == []


def test_an_image_is_no_zip():
    image = {"region": "Seattle", "reference": "sea.example.com/app:1"}
    location = {"type": "containerImage", "config": {"images": [image]}}
    build = Resource(None, {"buildLocation": location}, "http://127.0.0.1/build")

    assert images(build) == [("Seattle", "sea.example.com/app:1")]
    with pytest.raises(click.ClickException, match="an image; pull it, as from sea.example.com/"):
        Result(build)


@pytest.mark.parametrize("location", [None, {"type": "elsewhere", "config": {"url": "x"}}])
def test_a_build_without_a_zip_is_told(location):
    build = Resource(None, {"buildLocation": location}, "http://127.0.0.1/build")

    with pytest.raises(click.ClickException, match="has no zip"):
        Result(build)
