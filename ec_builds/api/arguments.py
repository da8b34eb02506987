"""What query strings may say, as marshmallow schemas; also what OpenAPI shows of them."""

import re

from marshmallow import INCLUDE, Schema, fields, validate

#: Larger pages than any list has; an offset beyond it would not fit a database's integers.
LARGEST = 2**31 - 1


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
    declared = {name: NUMBERS.get(name) or text(name) for name in listing.variables}
    return Query.from_dict(declared, name=f"{listing.id}Query")


def text(name):
    return fields.String(metadata={"description": WORDS.get(name, meaning(name))})


def meaning(name):
    if name.endswith("~"):
        return f"Part of {name[:-1]}, upper or lower case alike."
    return f"Filter: {name}; several values are separated by commas."


class Owned(Schema):
    """Parameters of a request that creates something for an owner."""

    class Meta:
        unknown = INCLUDE

    appID = fields.String(metadata={"description": "The app that will own it."})


class NewBuild(Schema):
    class Meta:
        unknown = INCLUDE

    platformID = fields.String(metadata={"description": "The platform to build."})


class NewDeployment(Schema):
    class Meta:
        unknown = INCLUDE

    platformID = fields.String(metadata={"description": "The platform to deploy."})
    buildID = fields.String(metadata={"description": "A successful build of the platform."})
    targetID = fields.String(
        metadata={"description": "Targets of the platform, comma separated.", "repeated": True}
    )


class Anything(Schema):
    """Parameters that other methods of the address give a meaning to."""

    class Meta:
        unknown = INCLUDE
