"""How a namespace looks by itself: with the one above it, and its newest build."""

from ec_builds.faces.djinn.representations.build import build
from ec_builds.faces.djinn.representations.namespace import namespace
from ec_builds.faces.djinn.representations.output import LONGEST_OF_MANY


def space(row):
    """A namespace with what is beside it."""
    newest = row.build and build(row.build, LONGEST_OF_MANY)
    return {**namespace(row), "parent": namespace(row.above), "build": newest}
