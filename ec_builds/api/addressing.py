"""Which thing, or whose collection, a request is about."""

from ec_builds.errors import (
    InvalidParameter,
    InvalidProperty,
    MethodNotAllowed,
    MissingParameter,
    NoMatch,
    NoMatchInBody,
)
from ec_builds.lists.grammar import read_exact
from ec_builds.lists.kinds import KINDS, read_uuid


def required(parameters, name, kind="uuid"):
    """The value of a parameter that has to be there. Raises MissingParameter, InvalidParameter."""
    text = parameters.get(name)
    if not text:
        raise MissingParameter(name)
    return checked(name, text, kind)


def checked(name, text, kind="uuid"):
    try:
        return KINDS[kind](text)
    except ValueError as error:
        raise InvalidParameter(name, f"{name} should be {error}.") from error


def required_all(parameters, name):
    """The UUIDs of a parameter that has to be there, each once, in their order."""
    text = parameters.get(name)
    if not text:
        raise MissingParameter(name)
    _, values = read_exact(text)
    return list(dict.fromkeys(checked(name, value) for value in values))


def refuse_item(parameters, listing):
    """A POST goes to a collection: an item's address does not know it."""
    if listing.id in parameters:
        raise MethodNotAllowed


def addressed(collection, parameters):
    """The one thing that the query names by its id; more parameters are more conditions."""
    own = collection.listing.id
    if not parameters.get(own):
        raise MissingParameter(own, f"Say in the query which one is meant: {own}=…")
    if len(read_exact(parameters[own])[1]) != 1:
        raise InvalidParameter(own, "This can be done with one at a time only.")
    return collection.one(collection.listing.ask(parameters))


def addressed_by_body(collection, parameters, body):
    """The same for PUT, whose body may say what its query does not (reference 5.2, item 8)."""
    own = collection.listing.id
    if parameters.get(own) or not isinstance(body.get(own), str):
        return addressed(collection, parameters)
    try:
        own_id = read_uuid(body[own])
    except ValueError as error:
        raise InvalidProperty(own, f"{own} should be {error}.") from error
    try:
        return collection.one(collection.listing.ask({**parameters, own: own_id}))
    except NoMatch as error:
        raise NoMatchInBody(own) from error
