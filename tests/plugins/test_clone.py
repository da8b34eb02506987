"""Repositories as `git clone` leaves them, made without it and sharing nothing."""

import os
import subprocess

import pytest

from ec_builds.engine import process
from ec_builds.engine.masking import Masks
from ec_builds.engine.output import NoLog, Output
from ec_builds.engine.sandbox import Cell, Job, choose
from ec_builds.errors import BuildError
from ec_builds.network import Network
from ec_builds.plugins import trees
from ec_builds.plugins.codesources import refs
from ec_builds.plugins.codesources.clone import clone
from ec_builds.plugins.codesources.mirrors import SHELF, Mirrors
from ec_builds.plugins.codesources.repository import Repository
from tests.plugins.conftest import AUTHOR, Repo, Stopped, push, tree

ADVERTISED = "/info/refs?service=git-upload-pack"


class Clone(Repo):
    """What became of one."""

    def __init__(self, path, facts):
        self.path, self.facts = path, facts

    @property
    def state(self):
        """All that git tells of it, but for the files."""
        return [
            self.git("for-each-ref"),
            self.git("rev-parse", "HEAD", "--symbolic-full-name", "HEAD"),
            self.git("status", "--branch", "--porcelain"),
            self.git("describe", "--tags", "--always"),
            sorted(self.git("config", "--local", "--list").splitlines()),
        ]

    @property
    def branch(self):
        return self.git("branch", "--show-current")


@pytest.fixture
def make(context):
    """Clones into a folder of the workspace, another one each time."""

    def make(url, ref=None):
        into = context.workspace / f"clone-{len(os.listdir(context.workspace))}"
        return Clone(into, clone(url, ref, into, context))

    return make


@pytest.fixture
def usual(tmp_path):
    """What git itself makes of it."""

    def usual(url, ref=None):
        made = Clone(tmp_path / "usual", {})
        made.git("clone", "-q", url, str(made.path), cwd=tmp_path)
        if ref:
            made.git("checkout", "-q", ref)
        return made

    return usual


@pytest.mark.parametrize("ref", [None, "feature/a", "v1", "abbreviated"])
def test_a_clone_is_what_git_would_make(make, usual, repo, files, ref):
    wanted = repo.second[:8] if ref == "abbreviated" else ref
    theirs = usual(repo.url, wanted)

    ours = make(repo.url, wanted)

    assert ours.state == theirs.state
    assert ours.git("log", "--format=%H", "--all") == theirs.git("log", "--format=%H", "--all")
    assert ours.git("fsck", "--full") == ""
    assert (ours.path / "index.html").read_text() == (theirs.path / "index.html").read_text()
    assert ours.facts["giturl"] == repo.url and ours.facts.get("ref") == wanted
    assert ours.facts["revision"] == theirs.git("rev-parse", "HEAD")
    assert ours.facts["subject"] == theirs.git("log", "-1", "--format=%s")


def test_files_have_the_modes_that_git_gives_them(make, usual, repo):
    (repo.path / "run.sh").write_text("true")
    (repo.path / "run.sh").chmod(0o755)
    (repo.path / "link").symlink_to("/etc/passwd")
    repo.commit("Script")
    theirs = usual(repo.url)

    ours = make(repo.url)

    for name in ("", "run.sh", "index.html", "link", ".git", ".git/HEAD", ".git/config"):
        assert (ours.path / name).lstat().st_mode == (theirs.path / name).lstat().st_mode, name
    packs = [*ours.path.glob(".git/objects/pack/*.pack")]
    assert packs and all(pack.stat().st_mode & 0o777 == 0o444 for pack in packs)
    # nothing has to be looked at once more to know that it is unchanged
    assert ours.git("diff-files") == ""


@pytest.mark.parametrize("kind", ["bubblewrap", "process"])
def test_a_build_can_work_with_a_clone(make, repo, context, kind):
    made = make(repo.url, "feature/a")
    sandbox = choose(kind)
    script = (
        "git log --oneline | wc -l && git describe --tags && git status --porcelain &&"
        " git merge-base main HEAD && git -c user.name=x -c user.email=x@x commit -q --amend -m x"
        " && git fsck --full"
    )
    job = Job(
        ["/bin/sh", "-ec", script], made.path, sandbox.environment(context.workspace, {}),
        context.workspace, True, True, None,
    )
    cell = Cell(sandbox, context.workspace)

    ended = process.run(
        cell, job, 20, lambda: None, "it", Output(Masks(), NoLog()), lambda step: None
    )
    cell.close()
    sandbox.groups.close()

    assert ended.exit_code == 0, ended.output
    described = f"v1-1-g{repo.feature[:7]}"
    assert ended.output.split() == ["2", described, repo.first]


def test_a_clone_shares_nothing_with_the_mirror(make, repo, context):
    first = make(repo.url)
    packs = [each for each in first.path.rglob("*") if each.is_file()]
    assert {each.stat().st_nlink for each in packs} == {1}
    for each in first.path.glob(".git/objects/pack/*"):
        each.chmod(0o644)
        each.write_bytes(b"spoilt")

    second = make(repo.url)

    assert second.git("fsck", "--full") == ""
    trees.remove(context.cache)
    trees.remove(repo.path)
    assert second.git("fsck", "--full") == ""
    assert not (second.path / ".git/objects/info/alternates").exists()
    assert second.git("rev-list", "--all", "--count") == "4"


def test_nothing_is_fetched_twice(make, repo, context):
    mirror = Mirrors(context.cache / SHELF).of(Repository.at(repo.url, ("file",)), whole=True)
    make(repo.url)
    make(repo.url)
    assert mirror.packs == 1
    news = repo.commit("News")

    assert make(repo.url).facts["revision"] == news
    assert mirror.packs == 2


def test_a_spoilt_mirror_is_no_matter(make, repo, context):
    make(repo.url)
    for pack in (context.cache / SHELF).rglob("*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(b"spoilt")

    assert make(repo.url).git("fsck", "--full") == ""


def test_branches_and_tags_that_are_given_up_are_gone(make, repo):
    make(repo.url)
    repo.git("branch", "-q", "-D", "feature/a")
    repo.git("branch", "feature", repo.second)
    repo.git("tag", "-d", "v1")

    made = make(repo.url, "feature")

    assert "feature/a" not in made.git("for-each-ref") and "v1" not in made.git("for-each-ref")
    for ref in (repo.feature, repo.feature[:8]):
        with pytest.raises(BuildError, match=f"There is no commit “{ref}” in file://"):
            make(repo.url, ref)


@pytest.mark.parametrize("ref", ["nope", "feature", "abcdef12", "0" * 40])
def test_what_is_not_there_is_named(make, repo, context, ref):
    with pytest.raises(BuildError, match=f"There is no .*“{ref}” in {repo.url}") as failed:
        make(repo.url, ref)
    assert failed.value.info["ref"] == ref
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]


def test_a_repository_without_a_default_branch_needs_a_ref(make, make_repo, repo):
    with pytest.raises(BuildError, match="is empty"):
        make(make_repo("empty").url, "main")
    repo.git("symbolic-ref", "HEAD", "refs/heads/gone")

    with pytest.raises(BuildError, match="has no default branch"):
        make(repo.url)
    assert make(repo.url, "main").branch == "main"


def test_a_repository_may_be_at_no_branch(make, repo):
    repo.git("checkout", "-q", "--detach", repo.second)

    made = make(repo.url)

    assert (made.facts["revision"], made.branch) == (repo.second, "")


def test_a_name_means_what_it_means_to_git(make, repo):
    repo.git("tag", "main", repo.first)
    repo.git("tag", "feature/a", repo.second)
    repo.git("branch", repo.first[:5], repo.second)
    repo.git("update-ref", f"refs/heads/{repo.first}", repo.third)

    assert make(repo.url, "main").branch == "main"
    assert make(repo.url, "feature/a").facts["revision"] == repo.second
    assert make(repo.url, repo.first[:5]).branch == repo.first[:5]
    assert make(repo.url, "HEAD").facts["revision"] == repo.third
    # whoever pinned a commit gets it, whatever others name their branches
    for pinned in (repo.first, repo.first.upper()):
        assert make(repo.url, pinned).facts["revision"] == repo.first


@pytest.mark.parametrize("ref", ["--upload-pack=touch x", "a..b", "a\nb", "HEAD~1"])
def test_names_that_git_does_not_allow_are_refused(make, repo, context, ref):
    with pytest.raises(BuildError, match="is not a name that git allows"):
        make(repo.url, ref)
    assert not any("fetch" in command for command in context.commands)


def test_no_user_string_stands_where_an_option_could(make, repo, context):
    make(repo.url, "feature/a")

    for command in context.commands:
        assert "refs/heads/feature/a" not in command or command[1] == "check-ref-format"
        assert repo.url not in command or command.index("--") < command.index(repo.url)
    assert all("GIT_CONFIG_NOSYSTEM" in each for each in context.environments)


@pytest.mark.parametrize("url", ["ext::sh -c true", "--upload-pack=x", "https://u:hunter2@h/a"])
def test_git_is_not_asked_for_a_hostile_address(make, context, url):
    with pytest.raises(BuildError) as refused:
        make(url)
    assert context.commands == [] and "hunter2" not in f"{refused.value} {refused.value.info}"


def test_protocols_and_addresses_are_those_of_the_server(make, repo, context):
    context.network = Network(git_protocols=("https",), lookup=lambda host: ["10.0.0.1"])

    for url, words in (
        (repo.url, "The protocol file is not allowed"),
        ("https://inner.example/repo", "this server does not reach out to"),
    ):
        with pytest.raises(BuildError, match=words):
            make(url)
    assert context.commands == []


@pytest.mark.parametrize("protocol", ["version=0", "version=2"])
def test_a_clone_comes_over_http(make, repo, server, usual, protocol):
    server.protocol = protocol
    theirs = usual(server.url("/smart/repo"), "feature/a")

    ours = make(server.url("/smart/repo"), "feature/a")

    assert ours.state == theirs.state
    pinned = make(server.url("/smart/repo", host="git.example"), repo.second[:8])
    assert pinned.facts["revision"] == repo.second
    assert "esolve" not in (pinned.path / ".git/config").read_text()


def test_a_clone_comes_from_a_web_server_that_knows_nothing_of_git(make, repo, server, usual):
    repo.git("update-server-info")
    theirs = usual(server.url("/dumb/repo/.git"), "v1")

    for _ in range(2):
        ours = make(server.url("/dumb/repo/.git"), "v1")
        assert ours.state == theirs.state
        assert ours.git("fsck", "--full") == ""


def test_a_repository_that_has_moved_is_followed(make, repo, server, other_server):
    there = other_server.url(f"/smart/repo{ADVERTISED}")
    server.answer(f"/old{ADVERTISED}", status=301, Location=there)

    made = make(server.url("/old"), "v1")

    assert made.facts["revision"] == repo.first
    assert made.git("config", "remote.origin.url") == server.url("/old")


def test_a_server_that_wants_a_password_is_named(make, server):
    server.answer(f"/x{ADVERTISED}", status=401, WWW_Authenticate='Basic realm="x"')

    with pytest.raises(BuildError, match=f"{server.url('/x')} needs credentials"):
        make(server.url("/x"))


def test_the_short_form_of_ssh_addresses_is_understood(make, repo, ssh):
    url = f"git@git.example:{repo.path}"

    made = make(url, "feature/a")

    assert (made.facts["giturl"], made.branch) == (url, "feature/a")
    assert made.git("config", "remote.origin.url") == url
    assert "-oHostName=127.0.0.1" in ssh()
    assert not [*made.path.parent.rglob("*-ssh")]


def test_odd_names_of_branches_and_paths_stay_names(make, usual, tmp_path, repo):
    odd = 'a"]core;#$(touch${IFS}x)é'
    for name in (f"refs/heads/{odd}", "refs/heads/HEAD", "refs/heads/-x", "refs/tags/-y"):
        repo.git("update-ref", name, repo.second)
    repo.git("symbolic-ref", "HEAD", "refs/heads/-x")
    moved = tmp_path / 're;p"o'
    repo.path.rename(moved)
    repo.path = moved

    made = make(repo.url, odd)

    assert made.branch == odd
    assert made.git("config", "remote.origin.url") == repo.url
    assert made.git("config", f"branch.{odd}.merge") == f"refs/heads/{odd}"
    assert made.git("rev-parse", "--abbrev-ref", "@{upstream}") == f"origin/{odd}"
    assert made.git("symbolic-ref", "refs/remotes/origin/HEAD") == "refs/remotes/origin/-x"
    assert made.git("status", "--porcelain") == ""


def test_a_default_branch_with_the_name_of_something_else_is_not_followed(make, repo):
    repo.git("update-ref", "refs/heads/HEAD", repo.third)
    repo.git("symbolic-ref", "HEAD", "refs/heads/HEAD")

    assert make(repo.url).branch == "main"


def test_a_name_that_is_not_text_is_kept(make, repo):
    name = os.fsdecode(b"refs/tags/\xff\xfe")
    subprocess.run(["git", "update-ref", name, repo.first], cwd=repo.path, env=AUTHOR, check=True)

    listed = ["git", "for-each-ref", "--format=%(refname)", "refs/tags"]
    made = make(repo.url)

    told = subprocess.run(listed, cwd=made.path, env=AUTHOR, capture_output=True).stdout
    assert told.split() == [b"refs/tags/v1", b"refs/tags/\xff\xfe"]


def test_more_branches_than_anybody_needs_are_refused(make, repo, monkeypatch):
    monkeypatch.setattr(refs, "MOST", 100)

    with pytest.raises(BuildError, match="too many branches and tags"):
        make(repo.url)


def test_programs_that_a_repository_names_do_not_run(make, repo, context, tmp_path):
    proof, home = tmp_path / "proof", tmp_path / "home"
    hooks = home / "hooks"
    hooks.mkdir(parents=True)
    for folder in (hooks, repo.path):
        (folder / "post-checkout").write_text(f"#!/bin/sh\ntouch {proof}\n")
        (folder / "post-checkout").chmod(0o755)
    (home / ".gitconfig").write_text(
        f'[core]\nhooksPath = {hooks}\n[filter "evil"]\nsmudge = touch {proof}\n'
    )
    context.base["HOME"] = str(home)
    (repo.path / ".gitmodules").write_text(
        f'[submodule "inner"]\npath = inner\nurl = ext::touch% {proof}\nupdate = !touch {proof}\n'
    )
    (repo.path / ".gitattributes").write_text("* filter=evil\n")
    repo.git("add", "-A")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.first},inner")
    repo.git("commit", "-q", "-m", "Evil")

    made = make(repo.url)

    assert not proof.exists()
    assert list((made.path / "inner").iterdir()) == []
    assert list((made.path / ".git/hooks").iterdir()) == []
    assert "submodule" not in (made.path / ".git/config").read_text()


@pytest.mark.parametrize("name", [".git", "git~1", ".."])
def test_a_tree_with_a_folder_of_git_is_not_written(make, repo, context, name):
    push(repo, tree(repo, ("40000", name, repo.git("rev-parse", "main^{tree}"))))

    with pytest.raises(BuildError, match="could not be written"):
        make(repo.url, "evil")
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]


def test_folders_on_the_way_are_made_and_an_empty_one_is_used(repo, context):
    clone(repo.url, None, context.workspace / "a/b/c", context)
    clone(repo.url, None, context.code, context)

    assert (context.workspace / "a/b/c/.git").is_dir() and (context.code / ".git").is_dir()


@pytest.mark.parametrize(
    "name, words",
    [
        ("full", "is not empty"),
        ("link", "is not empty"),
        ("file", "cannot be made: Not a directory"),
        ("file/inner", "cannot be made: File exists"),
        ("out", "leads out of the workspace"),
        ("out/inner", "leads out of the workspace"),
        ("../elsewhere", "leads out of the workspace"),
    ],
)
def test_a_folder_that_cannot_be_used_is_explained(repo, context, tmp_path, name, words):
    (tmp_path / "outside").mkdir()
    (context.workspace / "full/inner").mkdir(parents=True)
    (context.workspace / "file").write_text("x")
    (context.workspace / "link").symlink_to("code")
    (context.workspace / "out").symlink_to(tmp_path / "outside")

    with pytest.raises(BuildError, match=f"The folder “{name}” for a clone {words}"):
        clone(repo.url, None, context.workspace / name, context)
    assert context.commands == []
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_run_that_has_to_stop_does_not_copy_on(make, repo, context):
    run = context.run

    def stop_after_the_log(command, **options):
        outcome = run(command, **options)
        if command[1] == "log":
            context.stop = lambda: True
        return outcome

    context.run = stop_after_the_log
    with pytest.raises(Stopped):
        make(repo.url)
    assert sorted(os.listdir(context.workspace)) == ["code", "data", "result.zip"]
