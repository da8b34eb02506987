"""How it looks what builds were submitted with: variables and objects."""

from functools import partial

from ec_builds.api.representations.part import begun, listing
from ec_builds.hal import relations as rel


class Look:
    """The representation of one kind; `state` says what one of it shows."""

    def __init__(self, kind, relation, state):
        self.kind, self.RELATION, self.state = kind, relation, state
        self.listing = partial(listing, kind)

    def one(self, row, urls):
        return begun(self.kind, row, urls, **self.state(row))


def variable(row):
    """A variable; nobody is shown the value of one that is masked."""
    return {
        "variableID": row.id,
        "buildID": row.build_id,
        "key": row.key,
        "value": row.shown,
        "masked": bool(row.masked),
    }


def thing(row):
    """An object; what is known of it is null if there is none of its name (any more)."""
    known = ("type", "size", "md5", "sha256")
    return {
        "objectID": row.id,
        "buildID": row.build_id,
        "name": row.source,
        "destination": row.name,
        "placed": bool(row.placed),
        **{each: getattr(row.thing, each, None) for each in known},
    }


VARIABLE = Look("build-variable", rel.BUILD_VARIABLE, variable)
OBJECT = Look("build-object", rel.BUILD_OBJECT, thing)
