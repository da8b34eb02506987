"""Git with hostile addresses, repositories and servers: nothing runs, nothing leaks."""

import stat

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network
from ec_builds.plugins.codesources.remote_git import RemoteGit
from tests.plugins.conftest import blob, push, tree

SECRET = "hunter2"
ADVERTISED = "/info/refs?service=git-upload-pack"


@pytest.fixture
def fetch(context):
    return lambda **config: RemoteGit().fetch(config, context.code, context)


@pytest.fixture
def proof(tmp_path):
    """A file that a program makes which must not run."""
    return tmp_path / "proof"


@pytest.fixture
def program(tmp_path, proof):
    made = tmp_path / "program"
    made.write_text(f"#!/bin/sh\ntouch {proof}\necho {SECRET}\n")
    made.chmod(0o755)
    return made


@pytest.mark.parametrize(
    "giturl",
    [
        "--upload-pack=touch {proof}",
        "-utouch {proof}",
        "ext::sh -c touch% {proof}",
        "ext://sh -c touch% {proof}",
        "fd::7",
        "ssh://-oProxyCommand=touch%20{proof}/a",
        "-oProxyCommand=touch {proof}:a",
        "git@host:--upload-pack=touch {proof}",
        "file:///srv/a.git --upload-pack=touch",
        "https://host/a\n--upload-pack=touch",
    ],
)
def test_git_is_not_asked_for_a_hostile_address(fetch, context, proof, giturl):
    with pytest.raises(BuildError):
        fetch(giturl=giturl.format(proof=proof))
    assert context.commands == []
    assert not proof.exists()


def test_a_repository_on_the_same_machine_is_not_allowed_at_first(fetch, repo, context):
    context.network = Network()

    with pytest.raises(BuildError, match="The protocol file is not allowed"):
        fetch(giturl=repo.url)
    assert context.commands == []


@pytest.mark.parametrize("giturl", ["ext::sh -c true", "ext://sh", "transport::x", "persistent-x"])
def test_a_program_is_no_protocol_even_if_it_is_allowed(fetch, context, giturl):
    context.network = Network(git_protocols=("ext", "transport", "https"))

    with pytest.raises(BuildError, match="is not allowed|is not an address"):
        fetch(giturl=giturl)
    assert context.commands == []


@pytest.mark.parametrize(
    "giturl",
    [
        "https://me:hunter2@git.example/a",
        "https://hunter2@git.example/a",
        "http://:hunter2@git.example/a",
        "ssh://me:hunter2@git.example/a",
        "git://hunter2@git.example/a",
        "https://git.example/a?access_token=hunter2",
        "https://git.example/a#hunter2",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(fetch, context, giturl):
    with pytest.raises(BuildError) as refused:
        fetch(giturl=giturl)
    told = f"{refused.value} {refused.value.info} {context.commands} {context.environments}"
    assert SECRET not in f"{told} {context.notes}"


def test_credentials_in_a_redirect_are_refused_and_not_repeated(fetch, repo, server, context):
    there = server.url(f"/smart/repo{ADVERTISED}").replace("://", f"://me:{SECRET}@")
    server.answer(f"/old{ADVERTISED}", status=301, Location=there)

    with pytest.raises(BuildError) as refused:
        fetch(giturl=server.url("/old"))
    assert SECRET not in f"{refused.value} {refused.value.info} {context.commands}"
    assert not any("Authorization" in headers for _, headers in server.seen)


def test_nobody_is_asked_for_a_password(fetch, server, context, program, proof):
    for asked in ("GIT_ASKPASS", "SSH_ASKPASS"):
        context.base[asked] = str(program)
    server.answer(f"/x{ADVERTISED}", status=401, WWW_Authenticate='Basic realm="x"')

    with pytest.raises(BuildError, match="needs credentials"):
        fetch(giturl=server.url("/x"))
    assert not proof.exists()


def test_submodules_name_programs_in_vain(fetch, repo, context, proof, files):
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.first},inner")
    (repo.path / ".gitmodules").write_text(
        '[submodule "inner"]\npath = inner\n'
        f"url = ext::touch% {proof}\nupdate = !touch {proof}\n"
    )
    (repo.path / "inner").mkdir()
    repo.git("add", ".gitmodules")
    repo.git("commit", "-q", "-m", "Submodule")

    fetch(giturl=repo.url)

    assert not proof.exists()
    assert set(files(context.code)) == {".gitmodules", "index.html"}
    assert not any("submodule" in command for command in context.commands)


def test_attributes_name_programs_in_vain(fetch, repo, context, proof, files):
    (repo.path / "docs").mkdir()
    for folder in (repo.path, repo.path / "docs"):
        (folder / ".gitattributes").write_text("* filter=lfs diff=evil merge=evil text eol=lf\n")
        (folder / ".gitconfig").write_text(f"[filter \"lfs\"]\nsmudge = touch {proof}\n")
    (repo.path / ".lfsconfig").write_text(f"[lfs]\nurl = ext::touch {proof}\n")
    repo.commit("Attributes")

    fetch(giturl=repo.url)

    assert not proof.exists()
    assert files(context.code)["index.html"] == "three"


def test_hooks_in_a_repository_are_files_like_others(fetch, repo, context, program, proof):
    for folder in (".githooks", "hooks", ".husky"):
        (repo.path / folder).mkdir()
        for hook in ("post-checkout", "reference-transaction"):
            (repo.path / folder / hook).write_bytes(program.read_bytes())
            (repo.path / folder / hook).chmod(0o755)
    repo.commit("Hooks")

    fetch(giturl=repo.url)

    assert not proof.exists()
    assert (context.code / "hooks/post-checkout").stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize(
    "name", [".git", ".GIT", ".gIt", "git~1", "GIT~1", ".git.", ".g\u200cit", ".git::$INDEX", ".."]
)
def test_a_tree_with_a_folder_of_git_is_not_written(fetch, repo, context, program, proof, name):
    hook = blob(repo, repo.path / "hook", program.read_text())
    hooks = tree(repo, ("100755", "post-checkout", hook))
    inner = tree(repo, ("40000", "hooks", hooks))
    push(repo, tree(repo, ("40000", name, inner), ("100644", "zz", hook)))

    with pytest.raises(BuildError, match="could not be written"):
        fetch(giturl=repo.url, branch="evil")
    assert not proof.exists()
    assert list(context.code.iterdir()) == []
    assert not any(context.workspace.rglob("post-checkout"))


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", ".gitmodules"])
def test_a_link_in_place_of_a_file_of_git_is_not_written(fetch, repo, context, tmp_path, name):
    link = blob(repo, repo.path / "link", str(tmp_path))
    push(repo, tree(repo, ("120000", name, link)))

    with pytest.raises(BuildError, match="could not be written"):
        fetch(giturl=repo.url, branch="evil")
    assert list(context.code.iterdir()) == []


@pytest.mark.parametrize("names", [("a", "a"), ("A", "a"), ("a", "A")])
def test_nothing_is_written_through_a_link(fetch, repo, tmp_path, names):
    outside = tmp_path / "outside"
    outside.mkdir()
    link = blob(repo, repo.path / "link", str(outside))
    inner = tree(repo, ("100644", "page", link))
    push(repo, tree(repo, ("120000", names[0], link), ("40000", names[1], inner)))

    try:
        fetch(giturl=repo.url, branch="evil")
    except BuildError as refused:
        assert "could not be written" in str(refused)
    assert list(outside.iterdir()) == []


def test_a_subject_cannot_stand_in_for_the_commit(fetch, repo):
    subject = f"Fix\u2028{repo.first}\u2028--help\x85{repo.first}"
    revision = repo.commit(subject)

    facts = fetch(giturl=repo.url)

    assert facts["revision"] == revision
    assert facts["subject"].startswith("Fix")


def test_the_cache_is_for_the_account_of_the_server_alone(fetch, repo, context):
    fetch(giturl=repo.url)

    assert stat.S_IMODE((context.cache / "git").stat().st_mode) == 0o700
