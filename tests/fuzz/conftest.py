"""Servers to be asked too much: in this process, on each database, and one from outside."""

import contextlib
import copy
import dataclasses
import itertools
import sqlite3
from functools import cache

import httpx
import pytest
import schemathesis

from ec_builds.app import create_app
from ec_builds.pages import openapi
from ec_builds.plugins.registry import Plugins
from ec_builds.runtime import assemble, prepare
from ec_builds.store.account import Account
from ec_builds.store.database import database, transaction
from ec_builds.web.current import EXTENSION
from tests.acceptance.server import Client
from tests.fuzz.roles import ROLES
from tests.fuzz.world import World

#: What may become of a request that the document allows: what it is about is not there, or is not
#: as it would have to be, or the caller may not do it.
WITHIN_REASON = ["2xx", "304", "401", "403", "404", "405", "412", "416"]
#: What may become of one that it forbids. A lack of rights, or of what it is about, may come first.
REFUSALS = ["400", "401", "403", "404", "405", "412", "413", "414", "416", "422", "429", "431"]


def settings(examples, at_edges):
    """How to fuzz: each run of the same tests sends the same requests.

    For each operation there are some `examples`, and what lies `at_edges`: a value too long, a
    parameter too few, a method too many.
    """
    return {
        "seed": 0,
        "continue-on-failure": True,
        "generation": {
            "max-examples": examples,
            "deterministic": True,
            "no-shrink": True,  # what was there at first is not there any more
            "with-security-parameters": False,  # tokens are a matter of roles
            "allow-x00": False,  # which no document describes, and other tests send
        },
        "phases": {
            "coverage": {"enabled": at_edges},
            "examples": {"enabled": False},
            "stateful": {"enabled": False},
        },
        "checks": {
            "positive_data_acceptance": {"expected-statuses": WITHIN_REASON},
            "negative_data_rejection": {"expected-statuses": REFUSALS},
            # `Allow` tells what can be done now, not what might be done some day.
            "allow_header_conformance": {"enabled": False},
            # Whether tokens are asked for is seen by asking without one.
            "ignored_auth": {"enabled": False},
        },
    }


@pytest.fixture(params=ROLES)
def role(request):
    """Somebody who asks."""
    return ROLES[request.param]


@pytest.fixture(scope="session")
def installed():
    return Plugins.installed()


@pytest.fixture(scope="session")
def application():
    """An application of these tests alone, for it is handed from one server to the other."""
    return create_app(None)


@pytest.fixture
def runtime(config, installed):
    """The parts of a server whose builds wait for ever, so that nothing is run.

    Nobody is told that there were too many bad tokens, or no stranger would be told anything else.
    """
    if config.database_url.startswith("sqlite"):
        prepare(config)
    patient = dataclasses.replace(config, executor="none", rate_logins=None)
    parts = assemble(patient, copy.deepcopy(installed))
    yield parts
    parts.executor.stop()
    database.close()


@pytest.fixture
def kitchen(application, runtime, config, installed):
    """The same server, but its builds are done at once; for what has to exist."""
    parts = assemble(config, copy.deepcopy(installed))

    def call(environ, start_response):
        application.extensions[EXTENSION] = parts
        try:
            return application(environ, start_response)
        finally:
            application.extensions[EXTENSION] = runtime

    yield call
    parts.executor.stop()


def client(application, token):
    return Client(
        base_url="http://localhost/",
        headers={"Authorization": f"Bearer {token}"},
        transport=httpx.WSGITransport(application),
    )


@pytest.fixture
def world(kitchen, application, runtime):
    """What exists."""
    token = runtime.first_token()[0]
    with transaction():
        account = Account.named("friend", "friend@localhost")
        friend = runtime.tokens.issue(account, "friend")[1]
    return World(client(kitchen, token), client(kitchen, friend), client(application, token))


class Asked:
    """An application as somebody asks it who has `token`; None for whoever has none.

    Its streams end after their first message, and all that it opens is closed. There is one of it:
    what is known of an operation is kept with the application that was there at first. Each thread
    that asks keeps its connection to the database, as those of a server do, till all are closed.
    """

    def __init__(self, application):
        self.application, self.token = application, None
        self.connections = set()

    def __call__(self, environ, start_response):
        if self.token:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        body = self.application(environ, start_response)
        is_stream = environ["PATH_INFO"].endswith("/stream")
        try:
            return list(itertools.islice(body, 1) if is_stream else body)
        finally:
            getattr(body, "close", lambda: None)()
            if not database.is_closed():
                self.connections.add(database.connection())

    def close(self):
        """Close the connections of all threads that have asked, which are over."""
        while self.connections:
            with contextlib.suppress(sqlite3.ProgrammingError):  # closed once nobody has it
                self.connections.pop().close()


@pytest.fixture(scope="session")
def asked(application):
    return Asked(application)


@pytest.fixture(scope="session")
def read(application, asked):
    """Reads the OpenAPI document; to see through it takes schemathesis long."""

    @cache
    def read(**how):
        document = application.extensions[openapi.EXTENSION].document
        config = schemathesis.Config.from_dict(settings(**how))
        description = schemathesis.openapi.from_dict(document, config=config)
        description.app = asked
        return description

    return read


@pytest.fixture
def describe(read, application, asked, role, runtime, world):
    """A maker of the description of the server that one of the roles asks."""

    def describe(**how):
        asked.token = role.token(runtime, world)
        if role.methods:
            world.welcome(client(application, asked.token))
        return read(**how)

    yield describe
    asked.close()
