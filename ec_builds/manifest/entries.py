"""How single entries of a manifest are spelled: `KEY=VALUE`, `A => B`, `URL REF => DIR`."""

import re

from ec_builds.manifest.document import shortened
from ec_builds.manifest.parts import Source

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
PATH_CHARACTERS = re.compile(r"[A-Za-z0-9/]*")
#: Levels of a namespace, and bytes of its path.
DEEPEST, LONGEST_NAMESPACE = 20, 1000
#: Bytes of a variable, and of all: no program can be started with twice as much.
LONGEST_VARIABLE, LONGEST_ENVIRONMENT = 64 * 1024, 256 * 1024
#: Bytes of a path, and of a part of it: file systems take no more.
LONGEST_PATH, LONGEST_PART = 1024, 255


def last_segment(path):
    """What a file at a path is called."""
    return path.rstrip("/").rpartition("/")[2]


def wrong_with_path(path):
    """What is wrong with a path that something shall be put at, or None.

    Some systems also take backslashes for separators, and their users unpack our zips.
    """
    parts = re.split(r"[/\\]", path)
    if ".." in parts:
        return "should not contain .."
    if len(path.encode()) > LONGEST_PATH or len(max(parts, key=len).encode()) > LONGEST_PART:
        return f"should have at most {LONGEST_PATH} bytes, and {LONGEST_PART} between two /"
    return None


def read_namespace(place):
    """Path and owner of `path@owner`; the owner is None where there is none."""
    text = place.name(LONGEST_NAMESPACE) or ""
    path, at, owner = text.partition("@")
    if not text:
        return "", None
    contract = "namespace name can only contain letters and numbers"
    if not PATH_CHARACTERS.fullmatch(path):
        place.fault(f"{shortened(path)} has other characters than letters, digits and /", contract)
    elif not all(path.split("/")):
        place.fault(f"{shortened(path)} has an empty name in it", contract)
    elif path.count("/") >= DEEPEST:
        place.fault(f"has {path.count('/') + 1} levels; at most {DEEPEST} are possible")
    if at and not owner.strip():
        place.fault("should name an owner after the @, or have no @")
    return path, owner if at else None


def read_variable(place):
    """Key and value of `KEY=VALUE`."""
    text = place.text()
    if text is None:
        return None
    key, equals, value = text.partition("=")
    if not equals:
        place.fault(f"should be KEY=VALUE, but {shortened(text)} has no =")
    elif not KEY.fullmatch(key):
        rule = "should have letters, digits and _ only, and no digit first"
        place.fault(f"the key {shortened(key)} {rule}")
    elif len(text.encode()) > LONGEST_VARIABLE:
        place.fault(f"is too long; at most {LONGEST_VARIABLE // 1024} KiB are possible")
    else:
        return key, value
    return None


def read_arrow(place):
    """Both sides of `A => B`; B is the last segment of A where it is not said."""
    text = place.single_line()
    if text is None:
        return None
    left, _, right = text.partition("=>")
    left = left.strip()
    right = right.strip() or last_segment(left)
    if not left:
        place.fault("should be a name or a path, or A => B, but has nothing before the =>")
    elif not right:
        place.fault(f"{shortened(left)} has no last part; say after => what it should be called")
    else:
        return left, right
    return None


def read_object(place):
    """The name of an object, and the path in the environment where it is placed."""
    return read_putting(place, wrong_with_path)


def read_artifact(place):
    """What to collect, and its name."""
    return read_putting(place, wrong_with_artifact)


def read_putting(place, wrong_with):
    pair = read_arrow(place)
    what = wrong_with(pair[1]) if pair else None
    if what:
        place.fault(f"{shortened(pair[1])} {what}")
        return None
    return pair


def wrong_with_artifact(name):
    """What is wrong with the name of an artifact, or None.

    It is a path in the zip of the build, and must not lead out of the folder where that is
    unpacked. Folders in it do no harm.
    """
    if ABSOLUTE.match(name):
        return "should be a relative path, for the artifact is kept under that name"
    if last_segment(name) == "." or name.endswith("/"):
        return "should end with the name of a file, for the artifact is kept under that name"
    return wrong_with_path(name)


def read_source(place):
    """A source: the address goes up to the first blank, and behind it blanks mean nothing."""
    text = place.single_line()
    if text is None:
        return None
    url, *rest = text.split(maxsplit=1) or [""]
    ref, _, folder = "".join("".join(rest).split()).partition("=>")
    source = Source(url, ref, folder or last_segment(url).removesuffix(".git"))
    what = wrong_with_source(source)
    if what:
        place.fault(what)
        return None
    return source


def wrong_with_source(source):
    """What is wrong with a source, or None."""
    if not source.url:
        return "should be URL REF => FOLDER, but has no URL"
    for each in (source.url, source.ref, source.dir):
        if each.startswith("-"):
            return f"{shortened(each)} should not begin with -, for it would be an option of git"
    if not source.dir:
        return f"{shortened(source.url)} names no folder; say after => where it is to be cloned"
    folder = shortened(source.dir)
    if source.dir.startswith("/"):
        return f"{folder} should be relative, for sources are put below the working directory"
    what = wrong_with_path(source.dir)
    return what and f"{folder} {what}"
