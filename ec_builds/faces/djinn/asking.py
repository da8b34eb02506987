"""Who asks: somebody with a token, or a guest who may look at what is open."""

from flask import request

from ec_builds.auth.caller import Guest
from ec_builds.errors import NotFound
from ec_builds.web.current import caller
from ec_builds.web.guard import recognize


def recognized():
    """Find out who asks, before any view; whose token is no good is nobody.

    Raises NotFound for an address that no database takes.
    """
    if "\0" in request.path:
        raise NotFound
    recognize()


def text(name):
    """The value of a parameter of the query, as a database takes it; None if there is none."""
    value = request.args.get(name)
    return value and value.replace("\0", "\N{REPLACEMENT CHARACTER}")


def somebody():
    """The caller. Raises NotFound, as there is nothing for nobody."""
    if caller() is None:
        raise NotFound
    return caller()


def guest():
    """Whoever asks, to read only."""
    return Guest.of(caller())
