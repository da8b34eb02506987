"""Clients of the other faces."""

import copy
import dataclasses
import re

import pytest

from ec_builds.auth.tokens import short
from ec_builds.plugins.registry import Plugins
from ec_builds.runtime import assemble, prepare
from ec_builds.store.account import Account
from ec_builds.store.database import database

#: The least manifest.
LEAST = "driver: {type: os}\n"


@pytest.fixture(scope="session")
def installed():
    """The plugins that are installed; to find them takes longer than to ask the server."""
    return Plugins.installed()


@pytest.fixture
def waiting(config):
    """Settings of a server whose builds wait."""
    return dataclasses.replace(config, executor="none")


@pytest.fixture
def runtime(config, installed):
    """The parts of a server, on an empty database."""
    if config.database_url.startswith("sqlite"):
        prepare(config)
    parts = assemble(config, copy.deepcopy(installed))
    yield parts
    parts.executor.stop()
    database.close()


class Djinn:
    """Somebody who asks the Djinn face; it says what it got as the face should say it."""

    def __init__(self, client, username, token, prefix):
        self.client, self.username, self.prefix = client, username, prefix
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method, path, **options):
        """An answer. Paths are below the prefix, or whole addresses as the face gave them."""
        path = re.sub("^https?://[^/]+", "", path)
        if not path.startswith(f"{self.prefix}/"):
            path = self.prefix + path
        headers = {**self.headers, **options.pop("headers", {})}
        answer = self.client.open(path, method=method, headers=headers, **options)
        check(answer, method)
        return answer

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def post(self, path, **options):
        return self.ask("POST", path, **options)

    def patch(self, path, **options):
        return self.ask("PATCH", path, **options)

    def delete(self, path, **options):
        return self.ask("DELETE", path, **options)

    def namespace(self, name, **fields):
        """A new namespace, as it was answered."""
        answer = self.post("/namespaces", json={"name": name, **fields})
        assert answer.status_code == 201, answer.json
        return answer.json

    def submit(self, namespace="", **fields):
        """A new build, in a namespace or in none, as it was answered."""
        manifest = f"namespace: {namespace}\n{LEAST}" if namespace else LEAST
        answer = self.post("/builds", json={"manifest": manifest, **fields})
        assert answer.status_code == 201, answer.json
        return answer.json

    def invite(self, namespace, other):
        """Make somebody else a collaborator of a namespace."""
        sent = self.post(namespace["invites_url"], json={"handle": other.username})
        assert sent.status_code == 201, sent.json
        accepted = other.patch(sent.json["url"])
        assert accepted.status_code == 200, accepted.json


def check(answer, method):
    """Fail if an answer is none that this face gives."""
    assert answer.status_code < 500 and answer.status_code not in (401, 403), answer.text
    if answer.status_code == 204 or method in ("HEAD", "OPTIONS"):
        assert answer.data == b""
    elif answer.status_code >= 400:
        assert answer.content_type == "application/json; charset=utf-8"
        told = answer.json
        if answer.status_code == 400:
            assert told and all(isinstance(each, list) for each in told.values()), told
        else:
            assert list(told) == ["message"], told


@pytest.fixture
def djinn(application, anonymous, runtime):
    """A maker of clients of accounts, which are made with them; of nobody without a name.

    token: what the token is good for, as Tokens.issue takes it.
    """

    def djinn(username=None, prefix="", admin=False, **token):
        text = None
        if username is not None:
            account = Account.named(username, f"{username}@example.com", admin=admin)
            text = short(runtime.tokens.issue(account, "test", **token)[1])
        return Djinn(application.test_client(), username, text, prefix)

    return djinn
