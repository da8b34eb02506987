"""Code from git repositories: which, and how much of it."""

import os
import stat

import pytest

from ec_builds.errors import BuildError
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
