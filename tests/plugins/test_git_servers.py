"""Code from git repositories that are elsewhere: over http, ssh and git's own protocol."""

import dataclasses
import threading

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network
from ec_builds.plugins.codesources.remote_git import RemoteGit


@pytest.fixture
def fetch(context):
    return lambda **config: RemoteGit().fetch(config, context.code, context)


@pytest.mark.parametrize("kind", ["smart", "dumb"])
def test_code_comes_over_http_from_the_checked_address_only(
    fetch, repo, server, context, files, kind
):
    repo.git("update-server-info")
    path = "/smart/repo" if kind == "smart" else "/dumb/repo/.git"

    facts = fetch(giturl=server.url(path, host="git.example"), branch="feature/a")

    # git.example exists nowhere else but in the network of these tests
    assert facts["revision"] == repo.feature
    assert files(context.code) == {"index.html": "feature"}
    assert {headers["Host"] for _, headers in server.seen} == {f"git.example:{server.server_port}"}


@pytest.mark.parametrize("ref", ["first", "second"])
def test_a_commit_comes_from_a_web_server_that_knows_nothing_of_git(fetch, repo, server, ref):
    repo.git("update-server-info")
    revision = getattr(repo, ref)

    assert fetch(giturl=server.url("/dumb/repo/.git"), ref=revision)["revision"] == revision


def test_a_host_is_resolved_once_for_git(context, repo, server):
    answers = iter([["127.0.0.1"], ["127.0.0.66"]])
    context.network = dataclasses.replace(context.network, lookup=lambda host: next(answers))

    config = {"giturl": server.url("/smart/repo", host="rebinding.example")}
    assert RemoteGit().fetch(config, context.code, context)["revision"] == repo.third
    assert next(answers) == ["127.0.0.66"]


@pytest.mark.parametrize(
    "giturl",
    [
        "http://inner.example/repo",
        "https://inner.example/repo",
        "git://inner.example/repo",
        "ssh://git@inner.example/repo",
        "git@inner.example:repo",
        "https://127.0.0.1/repo",
        "https://[::1]/repo",
        "https://[::ffff:10.0.0.1]/repo",
    ],
)
def test_private_addresses_are_refused_before_git_is_asked(context, giturl):
    def lookup(host):
        return ["10.0.0.1"] if host == "inner.example" else [host]

    context.network = Network(git_protocols=("https", "http", "ssh", "git"), lookup=lookup)

    with pytest.raises(BuildError, match="this server does not reach out to"):
        RemoteGit().fetch({"giturl": giturl}, context.code, context)
    assert context.commands == []


def test_a_repository_that_has_moved_is_followed_step_by_step(
    fetch, repo, server, other_server, context
):
    where = "/info/refs?service=git-upload-pack"
    server.answer(f"/old{where}", status=301, Location=other_server.url(f"/smart/repo{where}"))

    assert fetch(giturl=server.url("/old"))["revision"] == repo.third
    assert server.seen[0][0] == f"/old{where}"


def test_a_redirect_of_git_to_a_private_address_is_refused(context, repo, server):
    where = "/info/refs?service=git-upload-pack"
    server.answer(f"/old{where}", status=302, Location=f"http://inner.example:1/x{where}")

    class Gate(Network):
        def resolve(self, host):
            return ("127.0.0.1",) if host == "public.example" else super().resolve(host)

    context.network = Gate(git_protocols=("http",), lookup=lambda host: ["10.0.0.1"])

    with pytest.raises(BuildError, match="“inner.example” has a private address"):
        giturl = server.url("/old", host="public.example")
        RemoteGit().fetch({"giturl": giturl}, context.code, context)


@pytest.mark.parametrize("location", ["/elsewhere", "http://127.0.0.1:1/x?service=x"])
def test_a_redirect_to_no_repository_is_an_error(fetch, server, location):
    where = "/info/refs?service=git-upload-pack"
    server.answer(f"/old{where}", status=302, Location=location)
    server.answer("/elsewhere", b"a page")

    with pytest.raises(BuildError, match="is no repository|could not be read"):
        fetch(giturl=server.url("/old"))


def test_code_comes_by_the_protocol_of_git_itself(fetch, repo, daemon, tmp_path):
    port = daemon.server_address[1]
    (tmp_path / "git.example").mkdir()  # the daemon looks below the name that it is called by
    repo.path.rename(tmp_path / "git.example" / "repo")

    facts = fetch(giturl=f"git://git.example:{port}/repo")

    assert facts == {
        "giturl": f"git://git.example:{port}/repo",
        "revision": repo.third,
        "subject": "Third",
    }


def test_code_comes_by_ssh_from_the_checked_address(fetch, repo, ssh):
    facts = fetch(giturl=f"ssh://me@git.example:2222{repo.path}")

    assert facts["revision"] == repo.third
    words = ssh()
    assert words[:2] == ["-F", "/dev/null"]
    assert {
        "-oHostName=127.0.0.1",
        "-oHostKeyAlias=[git.example]:2222",
        "-oBatchMode=yes",
        "-oStrictHostKeyChecking=yes",
        "-oProxyCommand=none",
        "-oForwardAgent=no",
    } <= set(words)
    assert words[-3:] == ["2222", "me@git.example", f"git-upload-pack '{repo.path}'"]


def test_the_short_form_of_ssh_addresses_is_understood(fetch, repo, ssh):
    facts = fetch(giturl=f"git@git.example:{repo.path}")

    assert facts["giturl"] == f"git@git.example:{repo.path}"
    assert "-oHostKeyAlias=git.example" in ssh()


def test_an_unreachable_server_is_named(fetch, server):
    port = server.server_port
    server.server_close()

    with pytest.raises(BuildError, match="git.example could not be reached") as failed:
        fetch(giturl=f"http://git.example:{port}/repo")
    assert failed.value.info["exitCode"] == 128


@pytest.mark.parametrize(
    "status, words",
    [
        (401, "needs credentials, or does not exist"),
        (403, "may not be read without credentials"),
        (404, "There is no repository at"),
        (500, "failed"),
    ],
)
def test_the_answers_of_web_servers_are_explained(fetch, server, status, words):
    headers = {"WWW_Authenticate": 'Basic realm="x"'} if status == 401 else {}
    server.answer("/x/info/refs?service=git-upload-pack", status=status, **headers)

    with pytest.raises(BuildError, match=words) as failed:
        fetch(giturl=server.url("/x"))
    assert server.url("/x") in str(failed.value)
    assert len(str(failed.value).splitlines()) == 1


def test_no_credentials_of_the_account_are_used(fetch, server, tmp_path, context, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    context.base["HOME"] = str(tmp_path)
    where = "/x/info/refs?service=git-upload-pack"
    server.answer(where, status=401, WWW_Authenticate='Basic realm="x"')

    with pytest.raises(BuildError, match="needs credentials"):
        fetch(giturl=server.url("/x"))
    assert not any("Authorization" in headers for _, headers in server.seen)


def test_a_server_that_keeps_silent_is_given_up_in_time(context, server):
    done = threading.Event()
    server.routes["/x/info/refs?service=git-upload-pack"] = lambda request: done.wait(10)
    context.network = dataclasses.replace(context.network, timeout=0.3)

    with pytest.raises(BuildError, match="took longer than 0.3 seconds"):
        RemoteGit().fetch({"giturl": server.url("/x")}, context.code, context)
    done.set()


def test_a_git_that_cannot_be_told_an_address_is_refused(fetch, tmp_path, context):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text("#!/bin/sh\necho git version 2.30.2\n")
    (folder / "git").chmod(0o755)
    context.base["PATH"] = f"{folder}:{context.base['PATH']}"

    with pytest.raises(BuildError, match="too old, it needs 2.37"):
        fetch(giturl="https://git.example/repo")


def test_whatever_git_asks_of_a_server_has_a_limit_of_time(fetch, repo, server, context):
    limits, run = {}, context.run

    def note(command, timeout=None, **options):
        if server.url("/smart/repo") in command:
            limits[command[1]] = timeout
        return run(command, timeout=timeout, **options)

    context.run = note
    with pytest.raises(BuildError, match="There is no branch"):
        fetch(giturl=server.url("/smart/repo"), branch="nowhere")

    assert limits == {"fetch": 20, "ls-remote": 20}
