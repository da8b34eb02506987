"""What every storage has to keep, whichever it is."""

import io
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from ec_builds.errors import UsageError
from ec_builds.storage import folder, open_storage
from ec_builds.storage.contract import Away


@pytest.fixture(params=["folder"])
def storage(request, tmp_path):
    storage = open_storage(f"file://{tmp_path}/storage")
    storage.prepare(is_new=True)
    return storage


def put(storage, key, content=b"bytes"):
    return storage.put(key, io.BytesIO(content))


def read(storage, key):
    with storage.open(key) as file:
        return file.read()


def test_what_was_put_can_be_read(storage):
    assert put(storage, "builds/1/a.zip") == 5

    assert read(storage, "builds/1/a.zip") == b"bytes"
    assert storage.size("builds/1/a.zip") == 5


def test_an_opened_file_can_be_read_from_any_place(storage):
    put(storage, "a", b"0123456789")

    with storage.open("a") as file:
        file.seek(7)
        assert file.read() == b"789"


@pytest.mark.parametrize("key", ["missing", "builds", "builds/1/a.zip/below"])
def test_what_is_not_there_is_a_key_error(storage, key):
    put(storage, "builds/1/a.zip")

    with pytest.raises(KeyError):
        storage.open(key)
    assert storage.size(key) is None


def test_everything_below_a_prefix_can_be_deleted(storage):
    for key in ("builds/1/a", "builds/1/b/c", "builds/10/a", "builds/2"):
        put(storage, key)

    storage.delete("builds/1")
    storage.delete("builds/2")
    storage.delete("builds/3")

    assert [storage.size(key) for key in ("builds/1/a", "builds/1/b/c", "builds/2")] == [None] * 3
    assert storage.size("builds/10/a") == 5


@pytest.mark.parametrize(
    "key",
    ["", "/a", "../a", "a/../b", "a//b", "a/.", "a\0b", "a\\b", "a\nb", "x" * 300, "a/" * 600],
)
def test_a_key_cannot_leave_the_storage(storage, key):
    with pytest.raises(KeyError):
        put(storage, key)
    with pytest.raises(KeyError):
        storage.open(key)
    assert storage.size(key) is None


def test_what_could_not_be_put_whole_is_not_there(storage, tmp_path):
    class Broken(io.BytesIO):
        def read(self, *arguments):
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        storage.put("builds/1/a.zip", Broken())

    assert storage.size("builds/1/a.zip") is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def all_of(files):
    """Files as `put_all` takes them."""
    return ((name, io.BytesIO(content)) for name, content in files.items())


def test_many_files_can_be_put_at_once(storage):
    storage.put_all("sites/1", all_of({"index.html": b"one", "blog/a.html": b"two"}))

    assert read(storage, "sites/1/index.html") == b"one"
    assert read(storage, "sites/1/blog/a.html") == b"two"
    assert storage.size("sites/1") is None
    storage.delete("sites/1")
    assert storage.size("sites/1/index.html") is None


def test_many_files_replace_those_of_another_attempt(storage):
    for content in (b"old", b"new"):
        storage.put_all("sites/1", all_of({f"{content.decode()}.html": content}))

    assert storage.size("sites/1/old.html") is None
    assert read(storage, "sites/1/new.html") == b"new"


def test_of_many_files_that_could_not_all_be_put_none_is_there(storage, tmp_path):
    class Broken(io.BytesIO):
        def read(self, *arguments):
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        storage.put_all("sites/1", [("a", io.BytesIO(b"a")), ("b/c", Broken())])
    for name in ("../b", "/etc/b", "b\n", "b" * 256):
        with pytest.raises(KeyError) as error:
            storage.put_all("sites/1", all_of({"a": b"a", name: b"b"}))
        assert error.value.args == (f"sites/1/{name}",)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_many_files_are_seen_when_they_are_on_disk(storage, monkeypatch):
    seen, answers = [], [-1, 0]

    def syncfs(descriptor):
        seen.append(storage.size("sites/1/a"))
        return answers.pop(0)

    monkeypatch.setattr(folder, "LIBC", SimpleNamespace(syncfs=syncfs))
    with pytest.raises(OSError):
        storage.put_all("sites/1", all_of({"a": b"a"}))
    assert storage.size("sites/1/a") is None
    storage.put_all("sites/1", all_of({"a": b"a"}))

    assert seen == [None, None]
    assert storage.size("sites/1/a") == 1


def test_an_unknown_scheme_is_told():
    with pytest.raises(UsageError, match="file:///"):
        open_storage("ftp://example.com/")


def test_a_key_does_not_lead_to_what_is_being_written(storage):
    for key in (".new", ".new/a"):
        with pytest.raises(KeyError):
            put(storage, key)
        with pytest.raises(KeyError):
            storage.delete(key)
    assert put(storage, "builds/.new/.new-a") == 5


def test_empty_folders_go_too(storage, tmp_path):
    for key in ("builds/1/a/b.zip", "builds/2/c.zip", "sites/1"):
        put(storage, key)

    storage.delete("builds/1/a")
    assert sorted(path.name for path in tmp_path.rglob("builds/*")) == ["2"]
    storage.delete("builds/2")
    storage.delete("sites/1")

    assert [path for path in (tmp_path / "storage").iterdir() if path.name != ".new"] == []
    assert put(storage, "builds/3/d.zip") == 5


def test_a_file_can_be_put_where_folders_come_and_go(storage):
    stop = threading.Event()

    def come_and_go(number):
        while not stop.is_set():
            put(storage, f"builds/{number}/a")
            storage.delete(f"builds/{number}")

    with ThreadPoolExecutor() as pool:
        others = [pool.submit(come_and_go, number) for number in (1, 3)]
        try:
            for number in range(50):
                put(storage, f"builds/2/{number}")
                assert read(storage, f"builds/2/{number}") == b"bytes"
                storage.delete("builds/2")
        finally:
            stop.set()
        assert [other.result() for other in others] == [None, None]


def test_what_cannot_be_removed_is_told_and_the_rest_goes(storage, monkeypatch):
    for name in ("a", "b", "c"):
        put(storage, f"builds/1/{name}/file")
    unlink, refused = os.unlink, []

    def refuse(name, **options):
        if not refused:
            refused.append(name)
            raise PermissionError(13, "Permission denied", name)
        unlink(name, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        with pytest.raises(PermissionError):
            storage.delete("builds/1")

    left = [name for name in "abc" if storage.size(f"builds/1/{name}/file") is not None]
    assert len(left) == 1
    storage.delete("builds/1")
    assert storage.size(f"builds/1/{left[0]}/file") is None


@pytest.mark.parametrize(
    "begun", ["put('builds/1/a', Endless())", "put_all('sites/1', [('a/b', Endless())])"]
)
def test_what_a_killed_process_left_goes_when_it_is_old(storage, tmp_path, begun):
    script = (
        "import os, sys\n"
        "from ec_builds.storage import open_storage\n"
        "class Endless:\n"
        "    def read(self, size):\n"
        "        print('reading', flush=True)\n"
        "        sys.stdin.read()\n"
        f"open_storage('file://{tmp_path}/storage').{begun}\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as process:
        assert process.stdout.readline() == "reading\n"
        process.kill()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1

    assert storage.tidy(3600) == 0
    put(storage, "builds/2/a")
    (left,) = (tmp_path / "storage" / ".new").iterdir()
    os.utime(left, (1e9, 1e9))
    assert storage.tidy(3600) == 1

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a"]
    assert storage.tidy(0) == 0


# --- a storage that is away


def hide(folder, kind):
    """Take a folder away. Returns what brings it back."""
    away = folder.with_name("away")
    folder.rename(away)
    if kind == "an empty folder":
        folder.mkdir()
    elif kind == "a file":
        folder.write_text("Dear diary")

    def bring_back():
        if folder.is_dir():
            folder.rmdir()
        folder.unlink(missing_ok=True)
        away.rename(folder)

    return bring_back


@pytest.mark.parametrize("kind", ["nothing", "an empty folder", "a file"])
def test_a_storage_that_is_away_says_so_and_is_made_by_nobody(storage, tmp_path, kind):
    put(storage, "builds/1/a")
    bring_back = hide(tmp_path / "storage", kind)
    before = sorted(tmp_path.rglob("*"))

    for ask in (
        lambda: put(storage, "builds/2/b"), lambda: storage.open("builds/1/a"),
        lambda: storage.size("builds/1/a"), lambda: storage.delete("builds/1"),
        lambda: storage.tidy(0), storage.probe,
    ):
        with pytest.raises(Away, match="its folder is .*/storage"):
            ask()
    with pytest.raises(KeyError):
        storage.open("../a")

    assert sorted(tmp_path.rglob("*")) == before
    bring_back()
    storage.probe()
    assert read(storage, "builds/1/a") == b"bytes"
    assert put(storage, "builds/2/b") == 5


def test_a_storage_that_goes_while_it_takes_a_file_is_not_made_again(storage, tmp_path):
    class Leaving(io.BytesIO):
        def read(self, *arguments):
            if (tmp_path / "storage").exists():
                hide(tmp_path / "storage", "nothing")
            return super().read(*arguments)

    with pytest.raises(Away):
        storage.put("builds/1/a", Leaving(b"bytes"))

    assert [path.name for path in tmp_path.iterdir()] == ["away"]


def test_a_storage_that_was_used_is_not_begun_again(storage, tmp_path):
    put(storage, "builds/1/a")
    bring_back = hide(tmp_path / "storage", "nothing")
    storage.prepare(is_new=False)
    assert not (tmp_path / "storage").exists()
    (tmp_path / "storage").mkdir()
    storage.prepare(is_new=False)
    assert list((tmp_path / "storage").iterdir()) == []
    bring_back()

    (tmp_path / "storage/.new").rmdir()  # as in a backup that knows no empty folders
    storage.prepare(is_new=False)

    assert read(storage, "builds/1/a") == b"bytes"
