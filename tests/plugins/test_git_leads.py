"""Git is led astray by a server that it may talk to: by alternates, packs elsewhere and proxies."""

import subprocess

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.codesources.remote_git import RemoteGit
from tests.plugins.conftest import AUTHOR


@pytest.fixture
def fetch(context):
    return lambda **config: RemoteGit().fetch(config, context.code, context)


@pytest.mark.parametrize("file", ["http-alternates", "alternates"])
def test_alternates_of_a_web_server_lead_nowhere(fetch, repo, server, other_server, file):
    """Git asks for them where an object is missing, and would ask whoever they name."""
    repo.git("update-server-info")
    missing = repo.git("rev-parse", "HEAD^{tree}")
    objects = repo.path / ".git/objects"
    (objects / missing[:2] / missing[2:]).unlink()
    (objects / "info").mkdir(exist_ok=True)
    (objects / "info" / file).write_text(f"{other_server.url('/dumb/repo/.git/objects')}\n")

    with pytest.raises(BuildError):
        fetch(giturl=server.url("/dumb/repo/.git"))

    assert any(path.endswith(f"/info/{file}") for path, _ in server.seen)
    assert other_server.seen == []


def test_a_redirect_in_the_middle_of_a_fetch_is_not_followed(fetch, repo, server, other_server):
    there = other_server.url("/smart/repo/git-upload-pack")
    for status in (301, 307):
        server.answer("/smart/repo/git-upload-pack", status=status, Location=there)
        with pytest.raises(BuildError):
            fetch(giturl=server.url("/smart/repo"))
    assert other_server.seen == []


def test_files_of_a_web_server_are_not_looked_for_elsewhere(fetch, repo, server, other_server):
    repo.git("update-server-info")
    head = repo.third
    path = f"/dumb/repo/.git/objects/{head[:2]}/{head[2:]}"
    server.answer(path, status=302, Location=other_server.url(path))

    with pytest.raises(BuildError):
        fetch(giturl=server.url("/dumb/repo/.git"))
    assert path in [each for each, _ in server.seen]
    assert other_server.seen == []


def test_bundles_and_packs_elsewhere_are_not_asked_for(fetch, repo, server, other_server):
    """A server may name addresses where a part of the repository can be had."""
    blob = repo.git("rev-parse", "HEAD:index.html")
    for name, value in {
        "uploadpack.advertiseBundleURIs": "true",
        "bundle.version": "1",
        "bundle.mode": "all",
        "bundle.one.uri": other_server.url("/bundle"),
        "uploadpack.blobPackfileUri": f"{blob} {'0' * 40} {other_server.url('/pack')}",
    }.items():
        repo.git("config", name, value)

    assert fetch(giturl=server.url("/smart/repo"))["revision"] == repo.third
    assert other_server.seen == []


def test_large_files_kept_elsewhere_stay_there(fetch, repo, server, other_server, files, context):
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 5\n"
    (repo.path / ".lfsconfig").write_text(f"[lfs]\nurl = {other_server.url('/lfs')}\n")
    (repo.path / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.commit("Large", large_bin=pointer)

    fetch(giturl=server.url("/smart/repo"))

    assert files(context.code)["large.bin"] == pointer
    assert other_server.seen == []


def test_submodules_elsewhere_stay_there(fetch, repo, server, other_server, context):
    (repo.path / ".gitmodules").write_text(
        f'[submodule "inner"]\npath = inner\nurl = {other_server.url("/smart/repo")}\n'
    )
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.first},inner")
    repo.git("add", ".gitmodules")
    repo.git("commit", "-q", "-m", "Submodule")

    fetch(giturl=server.url("/smart/repo"))

    assert other_server.seen == []
    assert list((context.code / "inner").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
)
def test_git_uses_no_proxy_of_the_environment(fetch, repo, server, other_server, context, name):
    context.base[name] = other_server.url()

    assert fetch(giturl=server.url("/smart/repo", host="git.example"))["revision"] == repo.third
    assert other_server.seen == []


@pytest.mark.parametrize("offer", ["Negotiate", "NTLM", "Digest realm=x, nonce=y", "Bearer"])
def test_git_answers_no_question_for_credentials(fetch, server, offer):
    server.answer("/x/info/refs?service=git-upload-pack", status=401, WWW_Authenticate=offer)

    with pytest.raises(BuildError, match="needs credentials"):
        fetch(giturl=server.url("/x"))
    assert not any("Authorization" in headers for _, headers in server.seen)


def test_git_keeps_no_cookies_and_names_no_page_that_it_comes_from(fetch, repo, server):
    path = "/smart/repo/info/refs?service=git-upload-pack"

    def answer(request):
        told = subprocess.run(
            ["git", "upload-pack", "--http-backend-info-refs", str(repo.path)],
            env=AUTHOR | {"GIT_PROTOCOL": "version=2"},
            capture_output=True,
        ).stdout
        request.send(
            b"001e# service=git-upload-pack\n0000" + told,
            Content_Type="application/x-git-upload-pack-advertisement",
            Set_Cookie="a=b; Path=/",
        )

    server.routes[path] = answer
    assert fetch(giturl=server.url("/smart/repo"))["revision"] == repo.third
    assert len(server.seen) > 1
    assert not any({"Cookie", "Referer"} & set(headers) for _, headers in server.seen)
