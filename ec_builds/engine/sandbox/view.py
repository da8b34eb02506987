"""What a fenced command sees of the machine: its programs, and little else.

Folders of the system are read-only and hold no secrets; what is not named here is not there: no
home, no `/var`, no `/run`, no `/sys`.
"""

import os
import pwd
from functools import cached_property, lru_cache
from pathlib import Path

#: Where systems keep programs.
SYSTEM = (Path("/usr"), Path("/nix/store"))
#: On most systems these are links into /usr.
ROOTS = [Path("/", name) for name in ("bin", "lib", "lib32", "lib64", "libx32", "sbin")]
#: What programs need of /etc, and never what only root may read: the server may be root.
ETC = (
    "alternatives", "crypto-policies", "fonts", "ld.so.cache", "localtime", "nsswitch.conf",
    "os-release", "pki/ca-trust", "pki/tls/certs", "protocols", "services", "shells", "ssl/certs",
    "ssl/openssl.cnf",
)
#: The same for those that may reach the network.
NETWORK = ("hosts", "host.conf", "gai.conf", "resolv.conf")
#: The parts of a folder right in somebody's home, such as ~/.local, that hold programs.
PARTS = ("bin", "include", "lib", "lib64", "libexec", "plugins", "shims", "version", "versions")


class View:
    """The read-only part of the sandbox.

    path: the PATH of the server, whose programs are to be found.
    hidden: folders of the server, which are never shown.
    """

    def __init__(self, path, hidden):
        self.path, self.hidden = path, tuple(hidden)

    def options(self):
        """Options of bubblewrap. A path among them is a file that is to be handed over open."""
        return list(self.fixed)

    @cached_property
    def fixed(self):
        options = []
        for folder in self.folders:
            options += ["--ro-bind", str(folder), str(folder)]
        for root in ROOTS:
            if root.is_symlink():
                options += ["--symlink", os.readlink(root), str(root)]
            elif root.is_dir():
                options += ["--ro-bind", str(root), str(root)]
        return options + shown_of_etc(ETC)

    def network(self):
        """Options for those that may reach the network."""
        return shown_of_etc(NETWORK)

    def ways(self):
        """The folders around what is shown, from the outside in."""
        shown = [*self.folders, *(Path("/etc", name) for name in (*ETC, *NETWORK))]
        return sorted({around for each in shown for around in each.parents[:-1]})

    def covered(self):
        """The server's own folders that lie in one that is shown."""
        for folder in self.hidden:
            if any(folder.is_relative_to(shown) for shown in self.folders) and folder.is_dir():
                yield str(folder)

    @cached_property
    def folders(self):
        """What is shown, without what lies in others of it; links by both of their names."""
        found = {each for each in (*SYSTEM, *self.toolchains()) if os.path.exists(each)}
        within = {each for each in found if not found.isdisjoint(each.parents)}
        return sorted(found - within)

    @cached_property
    def private(self):
        """Homes, and folders of the server. Accounts of the system have homes that are none."""
        people = [each for each in pwd.getpwall() if each.pw_uid == 0 or each.pw_uid >= 1000]
        homes = {Path(each.pw_dir) for each in people} | {Path("/root"), Path.home()}
        return {home for home in homes if home != Path("/")} | set(self.hidden)

    def toolchains(self):
        """Folders without which programs outside the system would not be found, or not work."""
        for entry in dict.fromkeys(self.path.split(os.pathsep)):
            folder = Path(entry)
            # somebody else's PATH may lead to where only they may look
            if folder.is_absolute() and os.path.isdir(folder):
                yield from self.around(folder)
                for program in linked(folder):
                    yield from self.around(program.parent)

    def around(self, folder):
        """A folder with programs, and what belongs to them: by custom that lies beside it."""
        for place in {folder, folder.resolve()}:
            prefix = place.parent
            if in_system(place) or self.is_private(place):
                continue
            if self.is_private(prefix):
                yield place
            elif prefix.parent in self.private:
                yield place
                yield from (prefix / part for part in PARTS)
            else:
                yield prefix

    def is_private(self, folder):
        """Whether a folder is, or holds, what is private; the root holds everything."""
        return any(each.is_relative_to(folder) for each in self.private)


def shown_of_etc(names):
    """Options for parts of /etc. A mount costs more than a small copy or a link."""
    options = []
    for name in names:
        path = Path("/etc", name)
        if path.is_symlink() and in_system(path.resolve()):
            options += ["--symlink", str(path.resolve()), str(path)]
        elif os.path.isfile(path) and os.access(path, os.R_OK):
            options += ["--file", path, str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    return options


@lru_cache
def linked(folder):
    """The programs outside the system to which links in a folder lead."""
    found = []
    try:
        with os.scandir(folder) as entries:
            links = [entry.path for entry in entries if entry.is_symlink()]
    except PermissionError:  # then nobody finds a program there
        return ()
    for link in links:
        program = Path(os.path.realpath(link))
        if not in_system(program) and os.path.isfile(program) and os.access(program, os.X_OK):
            found.append(program)
    return found


def in_system(path):
    return any(path.is_relative_to(root) for root in (*SYSTEM, *ROOTS))
