"""Files that only the server's user may read."""

import os
import stat
import subprocess
import sys
import threading

import pytest

from ec_builds.auth.secrets import signing_key, write_private


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture(params=[0o022, 0o000, 0o077], ids=oct)
def umask(request):
    """Whatever this process hides by custom."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_only_the_user_may_read_the_file_and_its_folder(tmp_path, umask):
    write_private(tmp_path / "home" / "token", "secret")

    assert (tmp_path / "home" / "token").read_text() == "secret\n"
    assert mode(tmp_path / "home" / "token") == 0o600
    assert mode(tmp_path / "home") == 0o700


def test_a_file_is_replaced_unless_the_first_one_is_to_win(tmp_path):
    path = tmp_path / "token"
    write_private(path, "first")

    write_private(path, "second", replace=False)
    assert path.read_text() == "first\n"
    write_private(path, "third")
    assert path.read_text() == "third\n"
    assert mode(path) == 0o600


def test_no_other_file_is_left(tmp_path):
    for replace in (True, False):
        write_private(tmp_path / "token", "secret", replace)

    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_nothing_is_left_where_writing_fails(tmp_path):
    (tmp_path / "token").mkdir()

    with pytest.raises(OSError):
        write_private(tmp_path / "token", "secret")

    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_a_key_is_long_and_stays(tmp_path):
    key = signing_key(tmp_path)

    assert len(bytes.fromhex(key)) == 32
    assert signing_key(tmp_path) == key
    assert signing_key(tmp_path / "other") != key
    assert mode(tmp_path / "secret-key") == 0o600


def test_threads_that_start_at_once_share_a_key(tmp_path):
    for number in range(20):
        home, start, keys = tmp_path / str(number), threading.Barrier(8), []

        def begin():
            start.wait(10)
            keys.append(signing_key(home))

        threads = [threading.Thread(target=begin) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(keys) == 8
        assert set(keys) == {signing_key(home)}


def test_processes_that_start_at_once_share_a_key(tmp_path):
    script = (
        "import sys\n"
        "from ec_builds.auth.secrets import signing_key\n"
        "for home in sys.stdin.readline().split():\n"
        "    print(signing_key(home))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    homes = " ".join(str(tmp_path / str(number)) for number in range(50))
    for process in processes:
        process.stdin.write(homes + "\n")
        process.stdin.flush()

    one, other = (process.communicate(timeout=60)[0].split() for process in processes)

    assert one == other
    assert len(set(one)) == 50
