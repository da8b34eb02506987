"""Every address of this face: absolute, below the prefix at which the request came in."""

from urllib.parse import quote

from flask import request

from ec_builds.web.current import urls

#: Where the face is besides the root.
PREFIX = "/api"


def prefix():
    """What comes before every path: nothing, or /api."""
    path = request.path
    return PREFIX if path == PREFIX or path.startswith(f"{PREFIX}/") else ""


def at(path):
    """The absolute address of a path of this face."""
    return f"{urls().root.rstrip('/')}{prefix()}{quote(path, safe='/@')}"


def build(row):
    """Where a build is, by whose it is and its number."""
    return at(f"/b/{row.owner.username}/{row.number}")


def namespace(row):
    """Where a namespace is."""
    return at(f"/n/{row.account.username}/{row.path}")


def collaborator(row, top):
    """Where a member of a topmost namespace is."""
    return f"{namespace(top)}/-/collaborators/{quote(row.account.username)}"


def invite(row):
    """Where an invitation is."""
    return at(f"/invites/{row.number}")
