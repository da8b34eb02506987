"""What one run may use of the machine."""

from dataclasses import dataclass

from ec_builds.errors import BuildError

MIB = 1024**2
GIB = 1024**3
UNITS = ((GIB, "GiB"), (MIB, "MiB"), (1024, "KiB"))


@dataclass(frozen=True)
class Limits:
    """The limits of one run: bytes, and a number of processes (threads count as such)."""

    #: All that its commands print.
    output: int = 256 * MIB
    #: All files of its workspace together; each counts at least one block of the disk.
    workspace: int = 10 * GIB
    #: Memory of all processes of a command together.
    memory: int = 4 * GIB
    #: Processes and threads of a command at a time.
    processes: int = 1000
    #: The size of one file.
    file: int = 4 * GIB

    @property
    def says(self):
        """All of them, for an operator."""
        return ", ".join(f"{shown(name, self)} {what}" for name, (_, what) in SETTINGS.items())


#: Limit: the setting that it comes from, and what it is a limit of, behind a size.
SETTINGS = {
    "output": ("EC_BUILDS_LIMIT_OUTPUT", "of output"),
    "workspace": ("EC_BUILDS_LIMIT_WORKSPACE", "for all files of its workspace"),
    "memory": ("EC_BUILDS_LIMIT_MEMORY", "of memory"),
    "processes": ("EC_BUILDS_LIMIT_PROCESSES", "processes"),
    "file": ("EC_BUILDS_LIMIT_FILE", "for one file"),
}


class LimitReached(BuildError):
    """A run has reached a limit, and is ended."""


def reached(name, limits):
    """The error of a run that has reached one of its own limits."""
    setting, what = SETTINGS[name]
    told = f"The build reached its limit of {shown(name, limits)} {what} ({setting})"
    return LimitReached(told, limit=name, setting=setting, value=getattr(limits, name))


def shown(name, limits):
    """A limit as people say it."""
    value = getattr(limits, name)
    return f"{value:,}" if name == "processes" else size(value)


def size(number):
    """A number of bytes, as people say it."""
    for unit, name in UNITS:
        if number >= unit:
            return f"{round(number / unit, 1):g} {name}"
    return f"{number} bytes"
