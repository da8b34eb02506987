"""Servers to be asked too much: in this process, on each database, and one from outside."""

import copy
import dataclasses
import itertools

import httpx
import pytest
import schemathesis

from ec_builds.app import create_app
from ec_builds.plugins.registry import Plugins
from ec_builds.runtime import assemble, prepare
from ec_builds.store.account import Account
from ec_builds.store.database import database, transaction
from ec_builds.web.current import EXTENSION
from tests.acceptance.server import Client, Server
from tests.fuzz.world import World

#: Whoever asks: how they come by a token.
ROLES = {
    "admin": lambda runtime: runtime.first_token()[0],
    "viewer": lambda runtime: token_of(runtime, "viewer"),
    "stranger": lambda runtime: "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.AAAA",
    "nobody": lambda runtime: None,
}
#: What is wrong with a request that the document allows: what it is about is not there, or is not
#: as it would have to be, or the caller may not do it.
WITHIN_REASON = ["2xx", "304", "401", "403", "404", "405", "412", "416"]


def token_of(runtime, name):
    """The token of an account that is nothing more."""
    with transaction():
        return runtime.tokens.issue(Account.named(name, f"{name}@localhost"), name)


def settings(examples, headers):
    """How to fuzz: each run of the same tests sends the same requests."""
    return schemathesis.Config.from_dict({
        "seed": 0,
        "headers": headers,
        "continue-on-failure": True,
        "generation": {
            "max-examples": examples,
            "deterministic": True,
            "no-shrink": True,  # what was there at first is not there any more
            "with-security-parameters": False,
            "allow-x00": False,  # which no document describes, and other tests send
        },
        "phases": {"examples": {"enabled": False}, "stateful": {"enabled": False}},
        "checks": {
            "positive_data_acceptance": {"expected-statuses": WITHIN_REASON},
            # `Allow` tells what can be done now, not what might be done some day.
            "allow_header_conformance": {"enabled": False},
            # Whether tokens are asked for is seen by asking without one.
            "ignored_auth": {"enabled": False},
        },
    })


@pytest.fixture(params=ROLES)
def role(request):
    """Somebody who asks."""
    return request.param


@pytest.fixture
def examples(request):
    """How many requests are thought of for each operation, besides those at the edges."""
    return request.config.getoption("--fuzz")


@pytest.fixture(scope="session")
def installed():
    return Plugins.installed()


@pytest.fixture(scope="session")
def raw_application():
    """An application of these tests alone; the others' client checks what it is sent."""
    return create_app(None)


@pytest.fixture
def runtime(config, installed):
    """The parts of a server whose builds wait for ever, so that nothing is run."""
    prepare(config)
    parts = assemble(dataclasses.replace(config, executor="none"), copy.deepcopy(installed))
    yield parts
    parts.executor.stop()
    database.close()


@pytest.fixture
def kitchen(raw_application, runtime, config, installed):
    """The same server, but its builds are done at once; for what has to exist."""
    parts = assemble(config, copy.deepcopy(installed))

    def application(environ, start_response):
        raw_application.extensions[EXTENSION] = parts
        try:
            return raw_application(environ, start_response)
        finally:
            raw_application.extensions[EXTENSION] = runtime

    yield application
    parts.executor.stop()


def client(application, token):
    return Client(
        base_url="http://localhost/",
        headers={"Authorization": f"Bearer {token}"},
        transport=httpx.WSGITransport(application),
    )


@pytest.fixture
def world(kitchen, raw_application, runtime):
    """What exists."""
    token = runtime.first_token()[0]
    return World(client(kitchen, token), client(raw_application, token))


def brief(application):
    """An application whose streams end after their first message, and whose files are closed."""

    def cut(environ, start_response):
        body = application(environ, start_response)
        is_stream = environ["PATH_INFO"].endswith("/stream")
        try:
            return list(itertools.islice(body, 1) if is_stream else body)
        finally:
            getattr(body, "close", lambda: None)()

    return cut


@pytest.fixture
def description(raw_application, world, examples, role, runtime):
    """The OpenAPI document, and how to ask what it describes."""
    token = ROLES[role](runtime)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    config = settings(examples, headers)
    application = brief(raw_application)
    return schemathesis.openapi.from_wsgi("/openapi.json", application, config=config)
