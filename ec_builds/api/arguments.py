"""What query strings may say, as marshmallow schemas; also what OpenAPI shows of them."""

import re

from marshmallow import INCLUDE, Schema, fields, validate

from ec_builds.lists.grammar import pattern_of_many, pattern_of_one
from ec_builds.lists.kinds import PATTERNS
from ec_builds.lists.listing import LONGEST, RESERVED

#: Larger pages than any list has; an offset beyond it would not fit a database's integers.
LARGEST = 2**31 - 1
#: What the id of a message of a stream looks like; empty is the beginning.
MESSAGE = "^([0-9]{1,18}-[0-9]{1,18}(-end)?)?$"


class Number(fields.Integer):
    """A whole number in plain digits; Python would also read `1_0` and digits of other scripts."""

    def _validated(self, value):
        if not re.fullmatch("[0-9]{1,10}", value):
            raise self.make_error("invalid")
        return super()._validated(value)


def number(least, sentence, description):
    """A number of at least `least`; the sentence is told to whoever sends another."""
    return Number(
        validate=validate.Range(least, LARGEST, error=sentence),
        error_messages={"invalid": sentence},
        metadata={"description": description},
    )


NUMBERS = {
    "page": number(1, "page should be a whole number from 1.", "Number of the page, from 1."),
    "size": number(
        0, "size should be a whole number, 0 for all.",
        "Items per page; 0 gives all of them. Default 10.",
    ),
}
WORDS = {
    "sort": "Properties, comma separated, each maybe with + (ascending) or - (descending).",
    "_list": "`true`: the answer is a list even if an id selects one item.",
}


class Query(Schema):
    """Parameters of a list; those that are no known variables become errors later."""

    class Meta:
        unknown = INCLUDE


def list_query(listing):
    """The schema of the query string of a list and its items."""
    declared = {name: NUMBERS.get(name) or text(name, listing) for name in listing.variables}
    return Query.from_dict(declared, name=f"{listing.id}Query")


def text(name, listing):
    about = {"description": WORDS.get(name, meaning(name)), **form(name, listing)}
    return fields.String(metadata=about)


def form(name, listing):
    """What the values of a list's parameter look like, in words of JSON Schema."""
    if name == "sort":
        key = f"[ +-]?({'|'.join(sorted({*listing.properties} - listing.many))})"
        return {"pattern": f"^({key}(,{key})*)?$"}
    if name in RESERVED:
        return {}
    property, operator = listing.operator_of(name)
    kind = listing.properties[property]
    if operator in ("from", "to"):
        return {"format": "date-time"}
    if kind == "time" and operator == "exact":
        return {"anyOf": [{"format": "date-time"}, {"maxLength": 0}]}
    if kind in PATTERNS and operator == "exact":
        return {"pattern": pattern_of_many(PATTERNS[kind])}
    return {"maxLength": LONGEST}


def meaning(name):
    if name.endswith("~"):
        return f"Part of {name[:-1]}, upper or lower case alike."
    for ending, word in (("From", "or later"), ("To", "or earlier")):
        if name.endswith(ending):
            return f"This moment of {name.removesuffix(ending)}, {word}."
    return f"Filter: {name}; several values are separated by commas."


def needed(description, pattern=rf"^{PATTERNS['uuid']}$", **metadata):
    """A parameter that has to be there; views ask for it, so that its error is ours."""
    about = {"description": description, "needed": True, "pattern": pattern}
    return fields.String(metadata={**about, **metadata})


def item_query(listing):
    """The schema of the query string of a request about one thing; more are more conditions."""
    pattern = pattern_of_one(PATTERNS[listing.properties[listing.id]])
    return Query.from_dict({listing.id: needed("Which one.", pattern)}, name=f"{listing.id}Item")


class Watched(Query):
    """Parameters of a stream about one build; more are more conditions."""

    buildID = needed("Which one.", pattern_of_one(PATTERNS["integer"]))
    lastEventId = fields.String(
        metadata={
            "description": "The id of the last message seen; `Last-Event-ID` says the same.",
            "pattern": MESSAGE,
        }
    )


class Kept(Query):
    """Parameters of a request about a file of a deployment; more are more conditions."""

    deploymentID = needed("Which one.", pattern_of_one(PATTERNS["integer"]))
    targetID = needed("The target that keeps the file.")


class NewApp(Query):
    """Parameters of a request that creates an app: none."""


class Owned(Query):
    """Parameters of a request that creates something for an app."""

    appID = needed("The app that will own it.")


class NewToken(Query):
    """Parameters of a request that makes a token."""

    accountID = fields.String(
        metadata={
            "description": "One's own account, which is the default.",
            "pattern": rf"^({PATTERNS['uuid']})?$",
        }
    )


class NewBuild(Query):
    """Parameters of a request that starts a build."""

    platformID = needed("The platform to build.")


class OfBuild(Query):
    """Parameters of a request that adds something to a build."""

    buildID = needed("The build that gets it.", f"^{PATTERNS['integer']}$")


class NewDeployment(Query):
    """Parameters of a request that starts a deployment."""

    platformID = needed("The platform to deploy.")
    buildID = needed("A successful build of the platform.", f"^{PATTERNS['integer']}$")
    targetID = needed(
        "Targets of the platform, comma separated or repeated.",
        pattern_of_many(PATTERNS["uuid"]),
        repeated=True,
    )
