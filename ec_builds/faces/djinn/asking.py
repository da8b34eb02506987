"""Who asks: somebody with a token, or a guest who may look at what is open."""

from ec_builds.auth.caller import Guest
from ec_builds.errors import NotFound
from ec_builds.web.current import caller
from ec_builds.web.guard import recognize


def recognized():
    """Find out who asks, before any view; whose token is no good is nobody."""
    recognize()


def somebody():
    """The caller. Raises NotFound, as there is nothing for nobody."""
    if caller() is None:
        raise NotFound
    return caller()


def guest():
    """Whoever asks, to read only."""
    return Guest.of(caller())
