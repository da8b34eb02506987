"""What a manifest may say of a container: its image, and where it works."""

import re

from ec_builds.errors import BuildError
from ec_builds.plugins import paths
from ec_builds.plugins.drivers.scripts import FOLDER

#: The grammar of references: [host[:port]/]name[/name…][:tag][@digest].
LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
HOST = rf"{LABEL}(?:\.{LABEL})*(?::[0-9]{{1,5}})?"
WORD = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,128}"
REFERENCE = re.compile(rf"(?:{HOST}/)?{WORD}(?:/{WORD})*(?::{TAG})?(?:@{DIGEST})?", re.ASCII)
#: What engines do not take for a part of a path.
MEANT = re.compile(r"[:,*?\[]")
#: Letters of a reference; engines bear 255 in its name.
LONGEST = 500
#: The identity of an image, among what an engine says.
IDENTIFIER = re.compile(r"^(?:sha256:)?([0-9a-f]{64})\s*$", re.MULTILINE)


def image(text):
    """A reference that is one. Raises BuildError."""
    if len(text) > LONGEST or not REFERENCE.fullmatch(text):
        raise BuildError(
            f"The image “{paths.shown(text)}” is not a name such as alpine:3.20 or"
            " registry.example.com/tools/gcc@sha256:…",
            image=paths.shown(text),
        )
    return text


def registry(reference):
    """The host that a reference names, without its port; None if it names none."""
    first, slash, _ = reference.partition("/")
    is_host = slash and (set(first) & set(".:") or first == "localhost")
    return first.partition(":")[0] if is_host else None


def workspace(text):
    """An absolute path of a folder, without what is too much in it. Raises BuildError."""
    name = paths.shown(text)
    if not text.startswith("/"):
        raise BuildError(f"The workspace “{name}” is not an absolute path", workspace=name)
    wrong = paths.fault(text.lstrip("/"))
    if not wrong and (found := MEANT.search(text)):
        wrong = f"contains a “{found[0]}”"
    if wrong:
        raise BuildError(f"The workspace “{name}” {wrong}", workspace=name)
    parts = paths.relative(text.lstrip("/"), "workspace")
    if f"/{parts[0]}" == FOLDER:
        raise BuildError(f"The workspace “{name}” is the server's own folder", workspace=name)
    return "/" + "/".join(parts)


def inside(folder, text, what):
    """A path that somebody gave, as its parts below the workspace. Raises BuildError.

    What begins with the workspace is seen from there, and everything else is, too.
    """
    if text == folder or text.startswith(f"{folder}/"):
        text = text[len(folder) :]
    return paths.relative(text.lstrip("/") or ".", what)


def identifier(text):
    """The identity of an image in what an engine has said; None if there is none."""
    found = IDENTIFIER.search(text)
    return found and found[1]
