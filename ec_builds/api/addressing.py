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
from ec_builds.web.body import read_body
from ec_builds.web.current import caller


#: Parameters that say who owns a collection.
OWNERS = ("appID", "platformID", "accountID")


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


def required_all(parameters, name, kind="uuid"):
    """The ids of a parameter that has to be there, each once, in their order."""
    text = parameters.get(name)
    if not text:
        raise MissingParameter(name)
    _, values = read_exact(text)
    return list(dict.fromkeys(checked(name, value, kind) for value in values))


def refuse_item(parameters, collection):
    """A POST goes to a collection: an item's address does not know it.

    Nor is it for somebody who may not create anything of the kind, whoever owned it.
    """
    if collection.listing.id in parameters:
        raise MethodNotAllowed
    if not any(parameters.get(owner) for owner in OWNERS):
        collection.may_create_some(caller())


def addressed(collection, parameters):
    """The one thing that the query names by its id; more parameters are more conditions."""
    own = collection.listing.id
    if not parameters.get(own):
        raise MissingParameter(own, f"Say in the query which one is meant: {own}=…")
    if len(read_exact(parameters[own])[1]) != 1:
        raise InvalidParameter(own, "This can be done with one at a time only.")
    return collection.find(caller(), collection.listing.ask(parameters))


def readable(collection, parameters):
    """The same, to read it, or what belongs to it."""
    thing = addressed(collection, parameters)
    collection.may_read(caller(), thing)
    return thing


def edited(collection, parameters, template):
    """The thing that a PUT is about, and its body, which is read by whoever may edit only.

    The body may say what the query does not (reference 5.2, item 8).
    """
    own = collection.listing.id
    if parameters.get(own):
        thing = addressed(collection, parameters)
        collection.may_edit(caller(), thing)
        return thing, read_body(template)
    body = read_body(template)
    return named_by_body(collection, parameters, body), body


def named_by_body(collection, parameters, body):
    """The thing whose id is in a body."""
    own = collection.listing.id
    if not isinstance(body.get(own), str):
        return addressed(collection, parameters)
    try:
        own_id = read_uuid(body[own])
    except ValueError as error:
        raise InvalidProperty(own, f"{own} should be {error}.") from error
    try:
        return collection.find(caller(), collection.listing.ask({**parameters, own: own_id}))
    except NoMatch as error:
        raise NoMatchInBody(own) from error
