"""The parts of a server work on the database that its config names."""

from dataclasses import replace

from ec_builds.runtime import OPEN, Unreachable, assemble, make_provider, prepare
from ec_builds.store.app import App
from ec_builds.store.database import database
from ec_builds.uploads import Secret, Token


def test_a_server_has_the_database_of_its_config(config, tmp_path):
    other = replace(config, database_url=f"sqlite:///{tmp_path}/other.db")
    prepare(config)
    prepare(other)
    App.make("Other", "#d97706")

    assemble(config)

    assert database.obj.url == config.database_url
    assert database.obj.dialect == config.database_url.partition(":")[0]
    assert App.select().count() == 0
    database.close()


def test_to_assemble_keeps_the_connection_open(config):
    prepare(config)
    connection = database.connection()

    assemble(config)

    assert database.connection() is connection
    database.close()


def test_the_way_to_a_providers_keys_is_short(config):
    provider = make_provider(replace(config, jwt_issuer="https://login.example.com"))
    network = provider.keys.source.network

    assert (network.private, network.redirects) == ("allow", 0)
    assert network.timeout <= 5 and network.size_limit <= 2**20


def test_a_server_that_asks_nobody_warns_of_its_builds(config):
    prepare(config)

    assert OPEN in assemble(replace(config, auth="open")).warnings()
    assert OPEN not in assemble(replace(config, auth="required")).warnings()
    database.close()


def test_a_server_knows_which_tokens_are_good(config, monkeypatch):
    def away(text):
        raise Unreachable[0]

    prepare(config)
    runtime = assemble(config)
    token, _ = runtime.first_token()

    assert runtime.knows(Token(token))
    for text in ("", "nonsense", token[:-3], 5000 * "x"):
        assert not runtime.knows(Token(text))
    assert not runtime.knows(Secret(43 * "x"))
    monkeypatch.setattr(runtime.tokens, "verify", away)
    monkeypatch.setattr(runtime.slots, "knows", away)
    assert not runtime.knows(Token(token))
    assert not runtime.knows(Secret(43 * "x"))
    database.close()
