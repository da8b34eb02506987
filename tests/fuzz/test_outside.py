"""The same of a server in a process of its own: what lies between it and its callers has a say."""

import pytest
import schemathesis

from tests.acceptance.server import Server
from tests.fuzz.conftest import settings
from tests.fuzz.fuzzing import fuzz
from tests.fuzz.world import World


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "home").start()
    yield server
    server.stop()


def test_a_server_answers_as_it_is_described(server, request):
    how = settings(min(request.config.getoption("--fuzz"), 100), at_edges=False)
    config = schemathesis.Config.from_dict(
        {**how, "headers": {"Authorization": f"Bearer {server.token}"}}
    )
    description = schemathesis.openapi.from_url(f"{server.root}openapi.json", config=config)

    with server.client() as http, server.client(server.token_of("friend@example.com")) as friend:
        failures, answers = fuzz(description, World(http, friend))

    assert not failures, "\n\n".join(failures)
    assert sum(found[200] + found[201] for found in answers.values()) >= len(answers)
    assert "Traceback" not in server.said()
