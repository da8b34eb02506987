"""Code from git repositories, over every protocol."""

import dataclasses
import os
import stat
import threading

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network
from ec_builds.plugins.codesources.remote_git import RemoteGit


@pytest.fixture
def fetch(context):
    return lambda **config: RemoteGit().fetch(config, context.code, context)


def test_the_default_branch_is_fetched_without_history(fetch, repo, context, files):
    facts = fetch(giturl=repo.url)

    assert facts == {"giturl": repo.url, "revision": repo.third, "subject": "Third"}
    assert files(context.code) == {"index.html": "three"}
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]


def test_the_default_branch_need_not_be_called_main(fetch, repo, files, context):
    repo.git("checkout", "-q", "feature/a")

    assert fetch(giturl=repo.url)["revision"] == repo.feature
    assert files(context.code) == {"index.html": "feature"}


def test_a_branch_is_fetched(fetch, repo, context, files):
    facts = fetch(giturl=repo.url, branch="feature/a")

    assert (facts["branch"], facts["revision"]) == ("feature/a", repo.feature)
    assert files(context.code) == {"index.html": "feature"}


def test_a_tag_is_fetched(fetch, repo, context, files):
    facts = fetch(giturl=repo.url, ref="v1")

    assert (facts["ref"], facts["revision"]) == ("v1", repo.first)
    assert files(context.code) == {"index.html": "one"}


def test_a_tag_that_looks_like_a_commit_is_a_tag(fetch, repo):
    repo.git("tag", "beef1234", repo.second)

    assert fetch(giturl=repo.url, ref="beef1234")["revision"] == repo.second


@pytest.mark.parametrize("digits", [40, 12, 7])
def test_a_commit_is_fetched_by_its_hash(fetch, repo, context, files, digits):
    facts = fetch(giturl=repo.url, ref=repo.second[:digits].upper())

    assert facts["revision"] == repo.second
    assert files(context.code) == {"index.html": "two"}


def test_a_commit_is_fetched_from_a_server_that_hands_out_only_heads(
    fetch, repo, server, context, files
):
    server.protocol = "version=0"  # which, unlike its successor, is strict

    facts = fetch(giturl=server.url("/smart/repo"), ref=repo.second)

    assert facts["revision"] == repo.second
    assert files(context.code) == {"index.html": "two"}


def test_several_commits_with_one_beginning_are_told(fetch, make_repo):
    crowd = make_repo("crowd")
    crowd.import_commits(1000)
    beginnings = [line[:4] for line in crowd.git("rev-list", "main").splitlines()]
    double = next(each for each in beginnings if beginnings.count(each) > 1)

    with pytest.raises(BuildError, match=f"Several commits of file://.* begin with “{double}”"):
        fetch(giturl=crowd.url, ref=double)


@pytest.mark.parametrize(
    "wanted, words",
    [
        ({"branch": "nope"}, "There is no branch “nope” in file://"),
        ({"ref": "v2"}, "There is no tag or commit “v2” in file://"),
        ({"ref": "abcdef12"}, "There is no commit “abcdef12” in file://"),
        ({"ref": "0" * 39 + "1"}, "There is no commit “0{39}1” in file://"),
    ],
)
def test_what_is_not_there_is_named(fetch, repo, wanted, words):
    with pytest.raises(BuildError, match=words) as failed:
        fetch(giturl=repo.url, **wanted)
    assert failed.value.info["exitCode"] > 0
    assert "git" in failed.value.info["command"]


def test_an_empty_repository_is_called_empty(fetch, make_repo):
    with pytest.raises(BuildError, match="is empty"):
        fetch(giturl=make_repo("empty").url)


def test_a_repository_whose_default_branch_is_gone_needs_a_branch(fetch, repo):
    repo.git("symbolic-ref", "HEAD", "refs/heads/gone")

    with pytest.raises(BuildError, match="has no default branch"):
        fetch(giturl=repo.url)


def test_a_repository_that_is_not_there_is_named(fetch, tmp_path):
    with pytest.raises(BuildError, match="There is no repository at file://.*/nowhere$"):
        fetch(giturl=f"file://{tmp_path}/nowhere")


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


SSH = """#!/bin/sh
printf '%s\\n' "$@" > {log}
for last; do :; done
exec /bin/sh -c "$last"
"""


@pytest.fixture
def ssh(tmp_path, context):
    """Stands in for ssh: notes its arguments, and runs the command here."""
    folder, log = tmp_path / "bin", tmp_path / "ssh.log"
    folder.mkdir()
    program = folder / "ssh"
    program.write_text(SSH.format(log=log))
    program.chmod(0o755)
    context.base = context.base | {"PATH": f"{folder}:{context.base['PATH']}"}
    return lambda: log.read_text().splitlines()


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


def test_hooks_filters_and_configuration_of_the_account_do_nothing(fetch, repo, context, tmp_path):
    proof = tmp_path / "proof"
    home = tmp_path / "home"
    hooks = home / "hooks"
    hooks.mkdir(parents=True)
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {proof}\n")
        (hooks / hook).chmod(0o755)
    (home / ".gitconfig").write_text(
        f'[core]\nhooksPath = {hooks}\n[init]\ntemplateDir = {home}\n'
        f'[filter "evil"]\nsmudge = touch {proof}\n[url "ext::touch"]\ninsteadOf = file\n'
    )
    context.base["HOME"] = str(home)
    repo.commit("Attributes", _gitattributes="* filter=evil\n")

    fetch(giturl=repo.url)

    assert not proof.exists()


def test_submodules_are_left_alone(fetch, repo, make_repo, context, files):
    inner = make_repo("inner")
    inner.commit("Inner", secret_txt="x")
    repo.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.url, "inner"
    )
    repo.commit("With a submodule")

    fetch(giturl=repo.url)

    assert set(files(context.code)) == {".gitmodules", "index.html"}


def test_a_subdirectory_becomes_the_code(fetch, repo, context, files):
    (repo.path / "packages/site").mkdir(parents=True)
    (repo.path / "packages/site/page.html").write_text("page")
    repo.commit("More")

    fetch(giturl=repo.url, subdirectory="packages/site")

    assert files(context.code) == {"page.html": "page"}


def test_executable_files_stay_executable(fetch, repo, context):
    (repo.path / "run.sh").write_text("true")
    (repo.path / "run.sh").chmod(0o755)
    repo.commit("Script")

    fetch(giturl=repo.url)

    assert (context.code / "run.sh").stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize(
    "subdirectory, words",
    [
        ("nope", "There is no folder “nope” in the repository; there are: docs"),
        ("index.html", "is a file"),
        ("../..", "leads out of its folder"),
        ("docs/../../x", "leads out of its folder"),
        ("/etc", "is absolute"),
        ("out", "leads out of the repository"),
        ("out/more", "leads out of the repository"),
        ("deep/out", "leads out of the repository"),
    ],
)
def test_a_subdirectory_that_cannot_be_used_is_explained(fetch, repo, subdirectory, words):
    (repo.path / "docs").mkdir()
    (repo.path / "docs/a").write_text("a")
    (repo.path / "deep").symlink_to("docs")
    (repo.path / "docs/out").symlink_to("../..")
    (repo.path / "out").symlink_to("/etc")
    repo.commit("Links")

    with pytest.raises(BuildError, match=words):
        fetch(giturl=repo.url, subdirectory=subdirectory)


def test_no_user_string_stands_where_an_option_could(fetch, repo, context):
    fetch(giturl=repo.url, branch="feature/a")

    for command in context.commands:
        for given in (repo.url, "refs/heads/feature/a"):
            if given in command and command[1] != "check-ref-format":
                assert command.index("--") < command.index(given)
    assert all("GIT_CONFIG_NOSYSTEM" in each for each in context.environments)


@pytest.mark.parametrize("what", ["branch", "ref"])
@pytest.mark.parametrize(
    "name",
    [
        "--upload-pack=touch /tmp/x",
        "-x",
        "a..b",
        "a b",
        "a\nb",
        "a\x07b",
        "a^{commit}",
        "HEAD~1",
        "a:b",
        "refs/heads/main",
        "@{-1}",
        "a.lock",
        "/a",
        "a/",
        "*",
    ],
)
def test_names_that_git_does_not_allow_are_refused(fetch, repo, context, what, name):
    with pytest.raises(BuildError, match="is not a name that git allows") as refused:
        fetch(giturl=repo.url, **{what: name})
    assert "\n" not in str(refused.value)
    assert not any("fetch" in command for command in context.commands)


def test_branch_and_ref_exclude_each_other(fetch, repo):
    with pytest.raises(BuildError, match="not both"):
        fetch(giturl=repo.url, branch="main", ref="v1")
