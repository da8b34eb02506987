"""Whom of this machine the users in a nested sandbox are.

Such a sandbox has a user namespace of its own, whose root has all rights in it, but nowhere else:
what is mounted was mounted by somebody outside of it, so it cannot be undone, or be written to.
What users beside that root leave is not the server's, who gets it back as root of such a namespace.
"""

import json
import os
import pwd
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: As many users as images expect there to be.
NUMBER = 65536
#: Users that nobody is: as whom commands run if the server is root. Those of accounts, and of the
#: containers of others, have smaller numbers.
STRANGERS = 0x70000000
KINDS = ("uid", "gid")
#: Says who may be which users, or groups, beside itself.
LENT = "/etc/sub{}"
NEST = Path(__file__).with_name("nest.py")
ADVICE = "apt install uidmap, and lend the user some by usermod --add-subuids and --add-subgids"
#: Becomes root of the namespace, which bubblewrap has entered as somebody unknown there.
BECOME_ROOT = ("setpriv", "--reuid", "0", "--regid", "0")


@dataclass(frozen=True)
class Identities:
    """What `nest.py` is told: in each level, the users and the groups of a namespace."""

    levels: tuple
    #: For an operator; and what to do about it, or None.
    says: str
    advice: str | None = None
    #: Whose everything has to be that such commands write to, if not the server's user's.
    owner: int | None = None

    @property
    def is_single(self):
        """Whether there is one user only, who can be in no further group."""
        return all(len(ranges) == 1 and ranges[0][2] == 1 for ranges in self.levels[0])

    def starting(self, program):
        """What starts bubblewrap with the namespaces."""
        return [sys.executable, "-I", "-S", str(NEST), json.dumps(self.levels), program]

    def becoming(self, command):
        """A command that is root, and has all rights there."""
        groups = "--keep-groups" if self.is_single else "--clear-groups"
        return [*BECOME_ROOT, groups, "--", *command]

    @property
    def lends(self):
        """Whether what is left may belong to users that the server has no rights on."""
        return self.owner is None and not self.is_single

    def do(self, *command):
        """Run a program of the system, outside of any run, as root of the namespace. Returns what
        it prints; nothing where there is no other user, or no way to be that root."""
        if not self.lends or shutil.which("bwrap") is None:
            return b""
        options = ["--cap-add", "ALL", "--dev-bind", "/", "/", "--"]
        command = [*self.starting(shutil.which("bwrap")), *options, *self.becoming(command)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env={}).stdout

    def weigh(self, folders):
        """Bytes on the disk of what is in folders that the server may not look into."""
        lines = self.do("du", "-s", "--block-size=1", "--", *folders).splitlines()
        return sum(int(line.split()[0]) for line in lines)

    def take_back(self, folder):
        """Make a folder the server's own again, with all that is in it."""
        self.do("chown", "-hR", "0:0", "--", folder)

    def hand_over(self, folder):
        """Make a folder theirs, with all that is in it."""
        if self.owner is None:
            return
        os.chown(folder, self.owner, self.owner)
        for _, folders, files, here in os.fwalk(folder):
            for name in (*folders, *files):
                os.chown(name, self.owner, self.owner, dir_fd=here, follow_symlinks=False)


def identities():
    """The best that whoever runs the server can have."""
    if os.geteuid() == 0:
        strangers = ((0, STRANGERS, NUMBER),)
        says = f"root in its sandbox is user {STRANGERS} of this machine, and so on"
        return Identities(((strangers, strangers),), says, owner=STRANGERS)
    own = ((0, os.geteuid(), 1),), ((0, os.getegid(), 1),)
    try:
        found = tuple((*each, (1, *lent(kind))) for kind, each in zip(KINDS, own))
    except LookupError as error:
        says = f"root in its sandbox is the server's user, and there is no other: {error}"
        return Identities((own, (((0, 0, 1),),) * 2), says, ADVICE)
    within = tuple(tuple((inner, inner, number) for inner, _, number in each) for each in found)
    says = "root in its sandbox is the server's user, and others are users lent to that"
    return Identities((found, within), says)


def lent(kind):
    """The first of the users, or groups, that are lent to the server's user, and their number.

    Raises LookupError with what is missing.
    """
    program, file = f"new{kind}map", LENT.format(kind)
    if shutil.which(program) is None:
        raise LookupError(f"{program} is not installed")
    me = {str(os.geteuid()), name()}
    with suppress(FileNotFoundError), open(file) as lines:
        for line in lines:
            who, _, numbers = line.strip().partition(":")
            first, _, number = numbers.partition(":")
            if who in me and first.isdecimal() and number.isdecimal() and int(number):
                return int(first), min(int(number), NUMBER)
    raise LookupError(f"{file} lends none to it")


def name():
    """What the server's user is called; in a container, any number may do."""
    with suppress(KeyError):
        return pwd.getpwuid(os.geteuid()).pw_name
    return ""
