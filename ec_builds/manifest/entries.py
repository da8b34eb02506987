"""How single entries of a manifest are spelled: `KEY=VALUE`, `A => B`, `URL REF => DIR`."""

import re

from ec_builds.manifest.document import shortened
from ec_builds.manifest.parts import Source

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PATH_CHARACTERS = re.compile(r"[A-Za-z0-9/]*")
DEEPEST = 20
#: Bytes of a variable; the kernel takes no more than twice that for one.
LONGEST_VARIABLE = 64 * 1024


def last_segment(path):
    """What a file at a path is called."""
    return path.rstrip("/").rpartition("/")[2]


def climbs(path):
    """Whether a path leads upwards somewhere."""
    return ".." in path.split("/")


def read_namespace(place):
    """Path and owner of `path@owner`; the owner is None where there is none."""
    text = place.name() or ""
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
    text = place.line()
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
    pair = read_arrow(place)
    if pair and climbs(pair[1]):
        place.fault(f"{shortened(pair[1])} should not contain ..; say where it is to be placed")
        return None
    return pair


def read_artifact(place):
    """What to collect, and its name.

    The name is a path in the zip of the build, and there it must not lead out of the folder in
    which somebody unpacks it. Folders in it do no harm.
    """
    pair = read_arrow(place)
    if pair and (pair[1].startswith("/") or {"", ".", ".."} & set(pair[1].split("/"))):
        rule = "should be a relative path without . and .., for it is kept under that name"
        place.fault(f"the name {shortened(pair[1])} {rule}")
        return None
    return pair


def read_source(place):
    """A source: the address goes up to the first blank, and behind it blanks mean nothing."""
    text = place.line()
    if text is None:
        return None
    url, *rest = text.split(maxsplit=1) or [""]
    ref, _, folder = "".join("".join(rest).split()).partition("=>")
    source = Source(url, ref, folder or last_segment(url).removesuffix(".git"))
    what = wrong_with(source)
    if what:
        place.fault(what)
        return None
    return source


def wrong_with(source):
    """What is wrong with a source, or None."""
    if not source.url:
        return "should be URL REF => FOLDER, but has no URL"
    for each in (source.url, source.ref, source.dir):
        if each.startswith("-"):
            return f"{shortened(each)} should not begin with -, for it would be an option of git"
    if not source.dir:
        return f"{shortened(source.url)} names no folder; say after => where it is to be cloned"
    if source.dir.startswith("/") or climbs(source.dir):
        below = "should be a folder below the working directory: relative, without .."
        return f"{shortened(source.dir)} {below}"
    return None
