"""The script of a job as it is brought into its container, with the variables of the build.

These come in a file of their own, and not by the engine's options: what its client would have to be
told in its own environment might change what it does (PATH, DOCKER_HOST), an argument everybody on
this machine can read, and a file of variables has no values of several lines.
"""

import re
import shlex

#: What runs scripts.
SHELL = "/bin/sh"
#: Where scripts lie in a container. Nothing that jobs leave is there: each has its own container.
FOLDER = "/.ec-builds"
#: What is run: it sets the variables and becomes the script.
FIRST = f"{FOLDER}/run"
NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
#: What a shell may refuse to be told, and end for it.
SPECIAL = {"BASHOPTS", "BASH_VERSINFO", "EUID", "OPTIND", "PPID", "SHELLOPTS", "UID"}
STRANGE = re.compile("[^A-Za-z0-9_.-]+", re.ASCII)


def write(folder, name, script, variables):
    """Write what a container needs to run a job. Returns the folder that is to be at its root."""
    root = folder / FOLDER.lstrip("/")
    root.mkdir(mode=0o700)
    file = f"job-{STRANGE.sub('-', name)[:100]}.sh"
    lines = [*exports(variables), f"exec {SHELL} {FOLDER}/{file}\n"]
    (root / "run").write_text("\n".join(lines), "utf-8", "surrogateescape")
    (root / file).write_text(script, "utf-8", "surrogateescape")
    return str(root)


def unspeakable(variables):
    """The names of those that no shell can set."""
    return [name for name, value in variables.items() if not can_be_set(name, value)]


def can_be_set(name, value):
    return bool(NAME.fullmatch(name)) and "\0" not in value


def exports(variables):
    """A line for each variable that can be set."""
    for name, value in variables.items():
        if can_be_set(name, value):
            line = f"export {name}={shlex.quote(value)}"
            yield f"({line}) 2>/dev/null && {line}" if name in SPECIAL else line
