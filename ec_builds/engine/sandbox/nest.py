"""Starts bubblewrap with user namespaces that it is to enter.

    python -I -S nest.py LEVELS PROGRAM ARGUMENT...

LEVELS: JSON, a list of user namespaces, each in the one before; each is two lists, of users and of
groups, of what there is `[in it, around it, how many]`. The program is told the last of them as
`--userns2`, which it enters when everything is set up, and one before that as `--userns`.

A program of its own that imports nothing of ours: only a process with a single thread can make such
namespaces.
"""

import ctypes
import json
import os
import subprocess
import sys
from contextlib import suppress

NEW_USER = 0x10000000
KINDS = ("uid", "gid")


def main(levels, program, *arguments):
    options = []
    for number, option in zip(reversed(made(json.loads(levels))), ("--userns2", "--userns")):
        os.set_inheritable(number, True)
        options += [option, str(number)]
    os.execve(program, [program, *options, *arguments], {})


def made(levels):
    """The namespaces, open; each was made by a process that is gone by now."""
    told, tell = os.pipe()
    ended, end = os.pipe()
    first = below(levels, tell, ended, (told, end))
    os.close(tell)
    with open(told) as lines:
        found = [os.open(f"/proc/{next(lines).strip()}/ns/user", os.O_RDONLY) for _ in levels]
    os.close(end)
    os.waitpid(first, 0)
    return found


def below(levels, tell, ended, others):
    """Start a process in a new namespace, and one in another below it if there are more levels.

    All tell their numbers, and stay until it is ended. `others` are the ends of the pipes that are
    not theirs.
    """
    ready, is_ready = os.pipe()
    mapped, is_mapped = os.pipe()
    number = os.fork()
    if not number:
        for each in (ready, is_mapped, *others):
            os.close(each)
        stay(levels, tell, ended, is_ready, mapped)
    os.close(is_ready)
    if not os.read(ready, 1):
        sys.exit("a user namespace cannot be made")
    for kind, ranges in zip(KINDS, levels[0]):
        write(kind, number, ranges)
    os.write(tell, f"{number}\n".encode())
    os.write(is_mapped, b"1")
    return number


def stay(levels, tell, ended, is_ready, mapped):
    """Be the process in a new namespace. Does not return."""
    try:
        unshare()
        os.write(is_ready, b"1")
        if os.read(mapped, 1) and levels[1:]:
            below(levels[1:], tell, ended, ())
        os.close(tell)
        os.read(ended, 1)
        with suppress(ChildProcessError):
            os.wait()
    except BaseException as error:
        os.write(2, f"a user namespace cannot be made: {error}\n".encode())
    finally:
        os._exit(0)


def unshare():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_USER):
        raise OSError(ctypes.get_errno(), "unshare")


def write(kind, number, ranges):
    """Say who the users, or groups, of a process's namespace are."""
    if os.geteuid() and len(ranges) > 1:  # that takes a program which may do it
        numbers = [str(each) for one in ranges for each in one]
        subprocess.run([f"new{kind}map", str(number), *numbers], check=True)
        return
    if kind == "gid" and os.geteuid():
        put(number, "setgroups", "deny")
    put(number, f"{kind}_map", "".join("{} {} {}\n".format(*each) for each in ranges))


def put(number, name, text):
    with open(f"/proc/{number}/{name}", "w") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
