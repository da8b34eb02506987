"""Code from archives, from the config, and from git over TLS."""

import hashlib
import io
import os
import ssl
import stat
import zipfile
from pathlib import Path

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network
from ec_builds.plugins.codesources.remote_git import RemoteGit
from ec_builds.plugins.codesources.stub import Stub
from ec_builds.plugins.codesources.zip_file import ZipFile
from tests.plugins.conftest import Stopped

CERTIFICATE = Path(__file__).parents[1] / "network" / "secure.example.pem"


def packed(entries, links=()):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
        for name, target in dict(links).items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target)
    return content.getvalue()


SITE = packed({"site-1.0/index.html": "hello", "site-1.0/docs/a.txt": "a"})


@pytest.fixture
def unzip(context):
    return lambda **config: ZipFile().fetch(config, context.code, context)


def test_an_archive_is_downloaded_and_unpacked_as_it_is(unzip, server, context, files):
    server.answer("/site.zip?key=secret", SITE)

    facts = unzip(url=server.url("/site.zip?key=secret"))

    assert files(context.code) == {"site-1.0/index.html": "hello", "site-1.0/docs/a.txt": "a"}
    assert facts == {
        "url": server.url("/site.zip") + "?…",
        "size": len(SITE),
        "sha256": hashlib.sha256(SITE).hexdigest(),
        "files": 2,
    }
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]


def test_a_folder_of_an_archive_becomes_the_code(unzip, server, context, files):
    server.answer("/site.zip", SITE)

    unzip(url=server.url("/site.zip"), subdirectory="site-1.0")

    assert files(context.code) == {"index.html": "hello", "docs/a.txt": "a"}


@pytest.mark.parametrize(
    "subdirectory, words",
    [
        ("docs", "There is no folder “docs” in the archive; there are: site-1.0"),
        ("../..", "leads out of its folder"),
        ("site-1.0/index.html", "is a file and not a folder"),
    ],
)
def test_a_folder_that_is_not_there_is_named(unzip, server, context, subdirectory, words):
    server.answer("/site.zip", SITE)

    with pytest.raises(BuildError, match=words):
        unzip(url=server.url("/site.zip"), subdirectory=subdirectory)
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]


def test_links_must_stay_in_the_folder_that_is_selected(unzip, server):
    server.answer("/site.zip", packed({"a/b": "1", "c": "2"}, {"a/l": "../c"}))

    with pytest.raises(BuildError, match="link “l” leads out"):
        unzip(url=server.url("/site.zip"), subdirectory="a")


def test_the_hash_is_compared_without_regard_to_case(unzip, server, context):
    server.answer("/site.zip", SITE)

    unzip(url=server.url("/site.zip"), sha256=hashlib.sha256(SITE).hexdigest().upper())

    assert os.listdir(context.code) == ["site-1.0"]


def test_another_hash_than_expected_is_refused(unzip, server, context):
    server.answer("/site.zip", SITE)

    with pytest.raises(BuildError, match="does not have the hash") as refused:
        unzip(url=server.url("/site.zip"), sha256="0" * 64)
    assert refused.value.info["expected"] == "0" * 64
    assert refused.value.info["sha256"] == hashlib.sha256(SITE).hexdigest()
    assert os.listdir(context.code) == []


def test_an_archive_that_slips_out_writes_nothing(unzip, server, context, tmp_path):
    server.answer("/evil.zip", packed({"../../evil": "x"}))

    with pytest.raises(BuildError, match="leads out of its folder") as refused:
        unzip(url=server.url("/evil.zip"))
    assert refused.value.info["url"] == server.url("/evil.zip")
    assert os.listdir(context.code) == []
    assert not list(tmp_path.rglob("evil"))


def test_a_page_in_place_of_an_archive_is_called_no_zip(unzip, server):
    server.answer("/site.zip", b"<html>Please log in</html>")

    with pytest.raises(BuildError, match="is not a zip"):
        unzip(url=server.url("/site.zip"))


def test_an_archive_on_a_private_address_is_refused(context, server):
    context.network = Network()

    with pytest.raises(BuildError, match="loopback"):
        ZipFile().fetch({"url": server.url("/site.zip")}, context.code, context)
    assert server.seen == []


def test_a_download_stops_when_the_run_has_to(unzip, server, context):
    server.answer("/site.zip", SITE)
    context.stop = lambda: server.seen

    with pytest.raises(Stopped):
        unzip(url=server.url("/site.zip"))
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]


def test_unpacking_stops_when_the_run_has_to(unzip, server, context):
    server.answer("/site.zip", packed({str(each): "x" for each in range(100)}))
    context.stop = lambda: len(list(context.workspace.glob("zip-*/tree/*"))) == 10

    with pytest.raises(Stopped):
        unzip(url=server.url("/site.zip"))
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]


@pytest.mark.parametrize("depth", [400, 499])
def test_folders_in_folders_are_unpacked_and_written(unzip, server, context, depth):
    name = "a/" * depth + "b"
    server.answer("/site.zip", packed({name: "x"}))

    unzip(url=server.url("/site.zip"))
    Stub().fetch({"files": {"c/" + name[2:]: "x"}}, context.code, context)

    assert os.path.exists(context.code / name)
    assert os.path.exists(context.code / ("c/" + name[2:]))


def test_folders_that_are_nested_too_deep_are_refused(unzip, server, context):
    name = "a/" * 1500 + "b"
    server.answer("/site.zip", packed({name: "x"}))

    with pytest.raises(BuildError, match="is too long"):
        unzip(url=server.url("/site.zip"))
    with pytest.raises(BuildError, match="is too long"):
        Stub().fetch({"files": {name: "x"}}, context.code, context)
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]


def test_a_stack_that_is_used_up_is_no_mystery(unzip, server, context, monkeypatch):
    def exhausted(*args, **options):
        raise RecursionError("maximum recursion depth exceeded")

    server.answer("/site.zip", SITE)
    monkeypatch.setattr(Path, "mkdir", exhausted)
    with pytest.raises(BuildError, match="nested too deep"):
        Stub().fetch({"files": {"a/b": "x"}}, context.code, context)


def test_a_bare_stub_is_a_page(context, files):
    assert Stub().fetch({}, context.code, context) == {"files": 1}
    assert "<h1>" in files(context.code)["index.html"]


def test_the_files_of_a_stub_are_written_as_they_are(context, files):
    texts = {"index.html": "ü\r\n", "a/b.txt": "", ".hidden/c": "c"}

    assert Stub().fetch({"files": texts}, context.code, context) == {"files": 3}

    assert (context.code / "index.html").read_bytes() == "ü\r\n".encode()
    assert set(files(context.code)) == set(texts)
    assert Stub().fetch({"files": {}}, context.code, context) == {"files": 0}


@pytest.mark.parametrize(
    "names, words",
    [
        (["../evil"], "leads out"),
        (["/etc/evil"], "is absolute"),
        (["a\\b"], "backslash"),
        (["a\x00"], "control characters"),
        ([""], "names nothing"),
        (["\ud800"], "is not text"),
        (["a", "a/b"], "both a file and a folder"),
        (["a/b", "a"], "both a file and a folder"),
        (["a", "./a"], "is there twice"),
        (["."], "both a file and a folder"),
    ],
)
def test_bad_names_in_a_stub_are_refused(context, names, words):
    with pytest.raises(BuildError, match=words):
        Stub().fetch({"files": dict.fromkeys(names, "x")}, context.code, context)
    assert not list(context.workspace.parent.rglob("evil"))


def test_a_text_that_is_none_is_refused(context):
    with pytest.raises(BuildError, match="“a” is not text"):
        Stub().fetch({"files": {"a": "\ud800"}}, context.code, context)


@pytest.fixture
def tls(server, monkeypatch):
    """The server, with a certificate for secure.example, and nobody told whom to believe in."""
    for name in ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def test_git_believes_in_the_certificates_that_the_server_was_given(
    context, repo, tls, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    config = {"giturl": tls.url("/smart/repo", host="secure.example", scheme="https")}

    assert RemoteGit().fetch(config, context.code, context)["revision"] == repo.third


@pytest.mark.parametrize("host", ["secure.example", "other.example"])
def test_git_believes_in_no_other_certificate(context, repo, tls, monkeypatch, host):
    if host == "other.example":
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    config = {"giturl": tls.url("/smart/repo", host=host, scheme="https")}

    with pytest.raises(BuildError, match=f"The certificate of {host} is not valid"):
        RemoteGit().fetch(config, context.code, context)
