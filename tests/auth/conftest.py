"""An identity provider, and the part of the server that believes in it."""

import pytest

from ec_builds.auth.provider import SIZE, Provider
from ec_builds.auth.provider.discovery import Discovery
from ec_builds.auth.provider.keyring import Keyring
from ec_builds.network import Network
from tests.issuing import AUDIENCE, issuing


@pytest.fixture
def issuer():
    """An identity provider that runs."""
    with issuing() as issuer:
        yield issuer


class Clock:
    """Tells the time that a test wants it to be."""

    def __init__(self):
        self.moment = 1000.0

    def __call__(self):
        return self.moment


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def network():
    """Like that of a server, but patient: the machine may have much to do."""
    return Network(private="allow", timeout=30, patience=20, size_limit=SIZE, redirects=0)


@pytest.fixture
def keyring(issuer, network, clock):
    return Keyring(Discovery(network, issuer.issuer), clock)


@pytest.fixture
def provider(issuer, keyring):
    return Provider(issuer.issuer, keyring, (AUDIENCE,))
