"""Code from an archive that was uploaded for one build."""

import gzip
import io
import os
import tarfile

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.codesources.uploaded_archive import UploadedArchive
from ec_builds.plugins.contract import Original
from tests.plugins.conftest import Stopped


@pytest.fixture
def upload(context):
    """Says what was uploaded, or is to be copied, and fetches that."""

    def fetch(content=None, original=None):
        file = context.workspace / "upload"
        if content is not None:
            file.write_bytes(content)
        context.archive = lambda: file if content is not None else None
        context.original = lambda: original
        return UploadedArchive().fetch({}, context.code, context)

    return fetch


def packed(**files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return content.getvalue()


def test_an_archive_is_unpacked_and_its_room_is_free_again(upload, context, files):
    content = packed(Dockerfile="FROM scratch", run="1")

    assert upload(content) == {"size": len(content), "files": 2}
    assert files(context.code) == {"Dockerfile": "FROM scratch", "run": "1"}
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]


def test_a_build_without_an_upload_says_so(upload):
    with pytest.raises(BuildError, match="^Nothing was uploaded for this build$"):
        upload()


def test_a_build_that_copies_an_image_has_nothing_to_fetch(upload, context):
    assert upload(original=Original("registry.example.com/a:1")) == {}
    assert os.listdir(context.code) == []


def test_an_archive_that_is_none_is_called_so(upload):
    with pytest.raises(BuildError, match="not a gzip-compressed tar"):
        upload(b"PK\3\4")
    with pytest.raises(BuildError, match="not a gzip-compressed tar"):
        upload(gzip.compress(b"x" * 512))


def test_a_run_that_has_to_stop_stops(upload, context):
    context.stop = lambda: True

    with pytest.raises(Stopped):
        upload(packed(a="1"))
