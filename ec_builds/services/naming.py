"""How namespaces can be called, described, and seen."""

import re

from ec_builds.errors import InvalidValue
from ec_builds.manifest.entries import DEEPEST
from ec_builds.manifest.place import LONGEST_NAME

#: Who may look besides members: nobody, accounts, everybody.
VISIBILITIES = ("private", "internal", "public")
#: Characters of a description.
LONGEST_DESCRIPTION = 255


def check_path(path):
    """Raises InvalidValue for a path that no namespace can have; an empty one is that of none."""
    for name in path.split("/") if path else ():
        try:
            check_name(name, path)
        except InvalidValue as error:
            raise InvalidValue("namespace", error.verbose) from error


def check_name(name, path):
    """Raises InvalidValue unless a name can be that of a namespace, at that path."""
    if not name:
        raise InvalidValue("name", "Name is required")
    if not re.fullmatch("[A-Za-z0-9]+", name):
        raise InvalidValue("name", "namespace name can only contain letters and numbers")
    if len(path) > LONGEST_NAME:
        raise InvalidValue("name", f"The path cannot have more than {LONGEST_NAME} characters")
    if path.count("/") >= DEEPEST:
        raise InvalidValue("name", f"namespace cannot exceed depth of {DEEPEST}")


def check_values(description, visibility):
    """Raises InvalidValue for what a namespace cannot be described by, or be."""
    if len(description or "") > LONGEST_DESCRIPTION:
        told = f"The description cannot have more than {LONGEST_DESCRIPTION} characters"
        raise InvalidValue("description", told)
    if visibility is not None and visibility not in VISIBILITIES:
        raise InvalidValue("visibility", f"visibility should be one of {', '.join(VISIBILITIES)}")
