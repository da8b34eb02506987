"""What is kept of repositories between builds."""

import errno
import fcntl
import functools
import os
import random
import shutil
import threading
import time

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins import trees
from ec_builds.plugins.codesources import mirror as mirrors_of_one
from ec_builds.plugins.codesources.mirror import WORN, Mirror
from ec_builds.plugins.codesources.mirrors import Mirrors
from ec_builds.plugins.codesources.remote_git import SHELF, RemoteGit
from ec_builds.plugins.codesources.repository import Repository
from tests.plugins.conftest import FakeContext, Stopped


@pytest.fixture
def fetch(context):
    """Fetches as one more build does, with nothing left of the ones before but the cache."""

    def fetch(**config):
        trees.remove(context.code)
        context.code.mkdir()
        context.commands.clear()
        return RemoteGit().fetch(config, context.code, context)["revision"]

    return fetch


@pytest.fixture
def shelf(context):
    return context.cache / SHELF


@pytest.fixture
def mirror(shelf, repo):
    """The mirror of the repository, wherever it is."""
    return Mirrors(shelf).of(Repository.at(repo.url, ("file",)))


def packs(mirror):
    return sorted((mirror.path / "objects/pack").glob("*.pack"), key=os.path.getmtime)


def fetches(context):
    return sum("fetch" in command for command in context.commands)


def test_a_repository_sends_only_what_is_new(fetch, repo, mirror, context, files):
    (repo.path / "big.bin").write_bytes(os.urandom(200_000))
    repo.commit("Big")
    fetch(giturl=repo.url)
    news = repo.commit("News", index_html="news")

    assert fetch(giturl=repo.url) == news
    assert fetches(context) == 1
    (context.code / "big.bin").unlink()
    assert files(context.code) == {"index.html": "news"}
    sizes = sorted(each.stat().st_size for each in packs(mirror))
    assert len(sizes) == 2 and sizes[0] < 1000 and sizes[1] > 200_000


@pytest.mark.parametrize("wanted", [{"branch": "feature/a"}, {"ref": "v1"}, {"ref": "second"}])
def test_other_branches_and_refs_profit_as_well(fetch, repo, mirror, wanted):
    (repo.path / "big.bin").write_bytes(os.urandom(200_000))
    repo.git("add", "-A")
    big = repo.git("rev-parse", f"{repo.commit('Big')}:big.bin")
    for branch in ("feature/a", "other"):
        repo.git("branch", "-f", branch, "main")
    repo.git("checkout", "-q", "feature/a")
    repo.git("rm", "-q", "index.html")
    repo.second = repo.commit("Less")
    repo.git("tag", "-f", "v1")
    fetch(giturl=repo.url, branch="main")

    wanted = {key: repo.second if name == "second" else name for key, name in wanted.items()}
    assert fetch(giturl=repo.url, **wanted) == repo.second
    assert big in repo.git("rev-list", "--objects", repo.second)
    assert min(each.stat().st_size for each in packs(mirror)) < 1000


def test_a_branch_may_make_way_for_others_below_it(fetch, repo):
    repo.git("branch", "a", repo.first)
    fetch(giturl=repo.url, branch="a")
    repo.git("branch", "-D", "a")
    repo.git("branch", "a/b", repo.second)

    assert fetch(giturl=repo.url, branch="a/b") == repo.second


def test_a_branch_may_be_forced_back(fetch, repo):
    fetch(giturl=repo.url)
    repo.git("reset", "-q", "--hard", repo.first)

    assert fetch(giturl=repo.url) == repo.first


@pytest.mark.parametrize("digits", [40, 10])
def test_an_abbreviated_or_withheld_commit_costs_its_history_once(
    fetch, repo, server, context, shelf, digits
):
    server.protocol = "version=0"
    giturl = server.url("/smart/repo")
    for wanted in (repo.second, repo.second, repo.first):
        assert fetch(giturl=giturl, ref=wanted[:digits]) == wanted

    whole = Mirrors(shelf).of(Repository.at(giturl, ("http",)), whole=True)
    assert len(packs(whole)) == 1
    repo.third = repo.commit("News")
    assert fetch(giturl=giturl, ref=repo.third[:10]) == repo.third
    assert len(packs(whole)) == 2


@pytest.mark.parametrize("digits", [40, 10])
def test_what_a_repository_has_given_up_is_not_served(fetch, repo, context, digits):
    for way in (40, 10):  # both mirrors know it
        assert fetch(giturl=repo.url, ref=repo.third[:way]) == repo.third
    repo.git("reset", "-q", "--hard", repo.second)
    repo.git("reflog", "expire", "--expire=all", "--all")
    repo.git("gc", "-q", "--prune=now")

    with pytest.raises(BuildError, match="There is no commit"):
        fetch(giturl=repo.url, ref=repo.third[:digits])


def test_nothing_is_served_without_asking(fetch, repo):
    fetch(giturl=repo.url, ref=repo.second)
    shutil.rmtree(repo.path)

    with pytest.raises(BuildError, match="There is no repository at"):
        fetch(giturl=repo.url, ref=repo.second)


@pytest.mark.parametrize("status", [401, 404])
def test_a_mirror_is_not_for_those_whom_its_repository_turns_away(fetch, repo, server, status):
    """One app may have been let in: that what it has fetched lies here is no help to another."""
    giturl = server.url("/smart/repo")
    wishes = [{}, {"branch": "main"}, {"ref": repo.third}, {"ref": repo.third[:10]}, {"ref": "v1"}]
    for wish in wishes:
        fetch(giturl=giturl, **wish)
    server.answer("/smart/repo/info/refs?service=git-upload-pack", status=status)

    for wish in wishes:
        with pytest.raises(BuildError, match="needs credentials|There is no repository"):
            fetch(giturl=giturl, **wish)


def test_what_was_fetched_does_not_need_the_mirror(fetch, repo, context, shelf, files):
    run = context.run

    def tidied(command, **options):
        if "checkout" in command:
            shutil.rmtree(context.cache)
        return run(command, **options)

    context.run = tidied
    assert fetch(giturl=repo.url) == repo.third
    assert files(context.code) == {"index.html": "three"}
    assert fetches(context) == 1


def emptied(context, word, moment):
    """Have the cache emptied each time that a git command is run, before it or after it."""
    run = context.run

    def tidied(command, **options):
        if word in command and moment == "before":
            shutil.rmtree(context.cache, ignore_errors=True)
        outcome = run(command, **options)
        if word in command and moment == "after":
            shutil.rmtree(context.cache, ignore_errors=True)
        return outcome

    context.run = tidied


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("word, digits", [("fetch", 40), ("fetch", 10), ("log", 10)])
def test_the_cache_may_be_emptied_again_and_again_while_a_build_fetches(
    fetch, repo, context, files, word, digits, moment
):
    emptied(context, word, moment)

    assert fetch(giturl=repo.url, ref=repo.second[:digits]) == repo.second
    assert files(context.code) == {"index.html": "two"}


def test_builds_whose_cache_is_emptied_do_not_remove_each_others_mirrors(mirror, context):
    with mirror.alone(context):
        shutil.rmtree(context.cache)
        second = mirror.seize()  # of another build, which has begun anew
        mirrors_of_one.begin(mirror.path)
    assert mirror.path.is_dir() and mirror.lock.exists()
    os.close(second)


def test_a_cache_that_cannot_be_used_fails_no_build(fetch, repo, context):
    context.cache.write_text("no folder")

    assert fetch(giturl=repo.url) == repo.third


def test_a_cache_on_another_disk_is_copied_from(fetch, repo, monkeypatch):
    def link(*places):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", link)
    assert [fetch(giturl=repo.url), fetch(giturl=repo.url)] == [repo.third] * 2


def shorten(file):
    file.chmod(0o600)
    os.truncate(file, file.stat().st_size // 2)


def ref(mirror):
    return next(file for file in (mirror.path / "refs/kept").iterdir())


def forget(mirror):
    shutil.rmtree(mirror.path)
    mirror.path.write_text("no folder")


DAMAGE = {
    "half a pack": lambda mirror: shorten(packs(mirror)[0]),
    "half an index": lambda mirror: shorten(packs(mirror)[0].with_suffix(".idx")),
    "no index": lambda mirror: packs(mirror)[0].with_suffix(".idx").unlink(),
    "no pack": lambda mirror: packs(mirror)[0].unlink(),
    "empty ref": lambda mirror: ref(mirror).write_text(""),
    "ref to nothing": lambda mirror: ref(mirror).write_text("1" * 40 + "\n"),
    "empty shallow": lambda mirror: (mirror.path / "shallow").write_text(""),
    "no shallow": lambda mirror: (mirror.path / "shallow").unlink(),
    "strange shallow": lambda mirror: (mirror.path / "shallow").write_text("x"),
    "no HEAD": lambda mirror: (mirror.path / "HEAD").unlink(),
    "empty HEAD": lambda mirror: (mirror.path / "HEAD").write_text(""),
    "no refs": lambda mirror: shutil.rmtree(mirror.path / "refs"),
    "no objects": lambda mirror: shutil.rmtree(mirror.path / "objects"),
    "a file": forget,
    "not text": lambda mirror: (mirror.path / "config").write_bytes(b"\xff"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_broken_mirror_is_begun_anew(fetch, repo, mirror, damage, context, files):
    fetch(giturl=repo.url)
    damage(mirror)
    news = repo.commit("News", index_html="news")

    assert fetch(giturl=repo.url) == news
    assert files(context.code) == {"index.html": "news"}
    assert fetch(giturl=repo.url) == news
    assert fetches(context) == 1


@pytest.mark.parametrize("damage", ["half a pack", "half an index", "no pack"])
def test_a_broken_mirror_of_all_history_is_begun_anew(fetch, repo, shelf, damage):
    fetch(giturl=repo.url, ref=repo.second[:10])
    DAMAGE[damage](Mirrors(shelf).of(Repository.at(repo.url, ("file",)), whole=True))

    assert fetch(giturl=repo.url, ref=repo.second[:10]) == repo.second


def test_what_a_killed_git_has_left_is_swept_away(fetch, repo, mirror, context):
    fetch(giturl=repo.url)
    left = ["shallow.lock", "HEAD.lock", "packed-refs.lock", "objects/pack/tmp_pack_x"]
    left.append(f"refs/kept/{ref(mirror).name}.lock")
    for name in left:
        (mirror.path / name).write_text("half")
    news = repo.commit("News")

    assert fetch(giturl=repo.url) == news
    assert fetches(context) == 1 and len(packs(mirror)) == 2
    assert not any((mirror.path / name).exists() for name in left)


@pytest.fixture
def program(tmp_path):
    """A program that must not run."""
    made = tmp_path / "program"
    made.write_text(f"#!/bin/sh\ntouch {tmp_path}/proof\n")
    made.chmod(0o755)
    return made


def test_hooks_in_a_mirror_do_nothing(fetch, repo, mirror, program):
    fetch(giturl=repo.url)
    (mirror.path / "hooks").mkdir()
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change"):
        shutil.copy(program, mirror.path / "hooks" / hook)

    assert fetch(giturl=repo.url) == repo.third
    assert not program.with_name("proof").exists()
    assert not (mirror.path / "hooks").exists()


def test_configuration_in_a_mirror_does_nothing(fetch, repo, mirror, program):
    fetch(giturl=repo.url)
    (mirror.path / "config").write_text(
        f"[core]\nfsmonitor = {program}\nalternateRefsCommand = {program}\n"
        f'sshCommand = {program}\n[filter "x"]\nsmudge = {program}\n'
    )
    news = repo.commit("News", _gitattributes="* filter=x")

    assert fetch(giturl=repo.url) == news
    assert not program.with_name("proof").exists()
    assert (mirror.path / "config").read_text() == mirrors_of_one.CONFIG


def test_a_mirror_leads_to_no_objects_elsewhere(fetch, repo, mirror, tmp_path):
    fetch(giturl=repo.url)
    (mirror.path / "objects/info").mkdir(exist_ok=True)
    (mirror.path / "objects/info/alternates").write_text(f"{tmp_path}/repo/.git/objects\n")

    assert fetch(giturl=repo.url) == repo.third
    assert not (mirror.path / "objects/info/alternates").exists()


def test_a_worn_mirror_is_begun_anew(fetch, repo, mirror):
    fetch(giturl=repo.url)
    for each in range(WORN - 1):
        (mirror.path / f"objects/pack/pack-{each}.pack").touch()

    assert fetch(giturl=repo.url) == repo.third
    assert len(packs(mirror)) == 1


def test_a_failed_fetch_leaves_no_mirror(fetch, tmp_path, shelf):
    with pytest.raises(BuildError, match="There is no repository"):
        fetch(giturl=f"file://{tmp_path}/nowhere")
    assert [each.name for each in shelf.iterdir()] == ["tidied"]


def test_a_fetch_that_fails_elsewhere_keeps_the_mirror(fetch, repo, mirror):
    fetch(giturl=repo.url)
    before = packs(mirror)

    with pytest.raises(BuildError, match="There is no branch"):
        fetch(giturl=repo.url, branch="nope")
    assert packs(mirror) == before


def test_repositories_have_mirrors_of_their_own(shelf):
    mirrors = Mirrors(shelf)
    protocols = ("https", "ssh")

    def path(giturl):
        return mirrors.of(Repository.at(giturl, protocols)).path

    assert path("https://Git.example./a") == path("https://git.example/a")
    others = ("https://git.example/b", "ssh://git.example/a", "me@git.example:a", "git.example:a")
    assert len({path("https://git.example/a"), *map(path, others)}) == 5


def test_builds_wait_for_each_other(fetch, repo, mirror, context, monkeypatch):
    monkeypatch.setattr(mirrors_of_one, "PATIENCE", 0.05)
    fetch(giturl=repo.url)
    held = mirror.seize()
    is_told = threading.Event()
    context.note = lambda message, **info: (context.notes.append(message), is_told.set())
    found = []
    other = threading.Thread(target=lambda: found.append(fetch(giturl=repo.url)))
    other.start()

    assert is_told.wait(10)
    assert not found and fetches(context) == 0
    os.close(held)
    other.join()
    assert found == [repo.third]
    assert context.notes == ["Waiting for another build that fetches this repository"]


def test_a_build_that_is_stopped_waits_no_longer(fetch, repo, mirror, context):
    held = mirror.seize()
    context.stop = lambda: True

    with pytest.raises(Stopped):
        fetch(giturl=repo.url)
    os.close(held)


def test_a_lock_that_was_removed_is_no_lock(mirror):
    first = mirror.seize()
    assert mirror.seize() is None
    mirror.lock.unlink()

    second = mirror.seize()
    assert second is not None and mirror.seize() is None
    os.close(first)
    assert mirror.seize() is None
    os.close(second)


@pytest.mark.parametrize("is_there_again", [False, True])
def test_a_lock_may_be_removed_while_one_takes_it(mirror, monkeypatch, is_there_again):
    lock = fcntl.flock

    def slow(*arguments):
        mirror.lock.unlink()
        if is_there_again:
            mirror.lock.touch()
        lock(*arguments)

    monkeypatch.setattr(fcntl, "flock", slow)
    assert mirror.seize() is None


@pytest.mark.parametrize("moment", ["never", "before", "after"])
def test_many_builds_at_once_get_what_they_want(repo, network, tmp_path, moment):
    found, cache = {}, tmp_path / "cache"

    def build(number, wanted):
        context = FakeContext(tmp_path / f"build-{number}" / "workspace", network)
        context.cache = cache
        emptied(context, "fetch", moment)
        facts = RemoteGit().fetch({"giturl": repo.url} | wanted, context.code, context)
        found[number] = facts["revision"], (context.code / "index.html").read_text()

    kinds = [({"branch": "main"}, repo.third, "three"), ({"ref": "v1"}, repo.first, "one")]
    kinds.append(({"ref": repo.second[:9]}, repo.second, "two"))
    threads = [threading.Thread(target=build, args=(n, kinds[n % 3][0])) for n in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {n: kinds[n % 3][1:] for n in range(9)}


@pytest.fixture
def stock(tmp_path):
    """Makes mirrors of a size, last used some days ago."""

    def make(name, days, bytes=1000):
        mirror = Mirror(tmp_path / "shelf" / name)
        mirror.path.mkdir(parents=True)
        (mirror.path / "pack").write_bytes(b"x" * bytes)
        mirror.lock.touch()
        when = time.time() - days * 86400
        os.utime(mirror.lock, (when, when))
        return mirror

    return make


@pytest.fixture
def left(tmp_path):
    def names():
        return {each.name for each in (tmp_path / "shelf").iterdir() if each.is_dir()}

    return names


def test_mirrors_that_nobody_uses_are_removed(tmp_path, stock, left):
    for name, days in [("old", 31), ("new", 29), ("gone-away", 0)]:
        stock(name, days)

    Mirrors(tmp_path / "shelf").tidy()

    assert left() == {"new"}
    assert not (tmp_path / "shelf/old.lock").exists()


def test_those_used_longest_ago_make_room(tmp_path, stock, left):
    for name, days in [("a", 3), ("b", 2), ("c", 4), ("d", 1)]:
        stock(name, days)

    Mirrors(tmp_path / "shelf", most=2500).tidy()

    assert left() == {"b", "d"}


def test_a_locked_mirror_stays(tmp_path, stock, left):
    for name, days in [("a", 40), ("b", 39), ("c", 1)]:
        stock(name, days)
    held = Mirror(tmp_path / "shelf/a").seize()

    Mirrors(tmp_path / "shelf", most=1500).tidy()

    assert left() == {"a"}
    os.close(held)


def test_a_folder_without_a_lock_is_known_by_its_own_age(tmp_path, stock, left):
    made = stock("a", 0)
    made.lock.unlink()
    os.utime(made.path, (0, 0))

    Mirrors(tmp_path / "shelf").tidy()

    assert left() == set()


def test_there_is_a_look_once_in_a_while(tmp_path, stock, left):
    mirrors = Mirrors(tmp_path / "shelf")
    mirrors.tidy()
    stock("old", 31)

    mirrors.tidy()
    assert left() == {"old"}
    Mirrors(tmp_path / "shelf", pause=0).tidy()
    assert left() == set()


def test_what_has_not_all_come_is_the_runs_own(fetch, repo, server, context):
    """It counts as the run's then, and a server that sends without end fills no cache."""
    (repo.path / "large").write_bytes(random.Random(1).randbytes(2 << 20))
    repo.third = repo.commit("Large")
    coming = []

    def pause(request, send, body, status=200, **headers):
        half = len(body) // 2
        if half < 1 << 19:
            return send(body, status, **headers)
        write = request.wfile.write

        def slowly(body):
            write(body[:half])
            coming.extend(wait_for(lambda: list(context.workspace.parent.rglob("tmp_pack_*"))))
            write(body[half:])

        request.wfile.write = lambda piece: slowly(piece) if len(piece) > half else write(piece)
        return send(body, status, **headers)

    def answer(request):
        request.send = functools.partial(pause, request, request.send)
        request.hand_to_git("/repo/git-upload-pack", "")

    server.routes["/smart/repo/git-upload-pack"] = answer

    assert fetch(giturl=server.url("/smart/repo")) == repo.third
    assert [path.is_relative_to(context.workspace) for path in coming] == [True]


def wait_for(look):
    deadline = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return found
