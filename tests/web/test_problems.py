"""Whatever is raised becomes a problem document, and tells no more than it should."""

import peewee
import pytest
from flask.testing import FlaskClient

from ec_builds import schema
from ec_builds.store.database import database


@pytest.fixture
def broken(runtime, monkeypatch):
    """Makes the list of apps raise something."""

    def broken(error):
        def page(self, caller, question):
            raise error

        monkeypatch.setattr(type(runtime.apps), "page", page)

    return broken


def test_a_defect_is_told_to_us_and_not_to_the_client(client, broken, caplog):
    broken(RuntimeError("a secret"))

    answer = FlaskClient.open(client, "/")

    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert (answer.json["code"], answer.json["title"]) == (3000, "Internal Error")
    assert schema.violations("error", answer.json) == []
    assert "secret" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    [record] = [each for each in caplog.records if each.name == "ec_builds.web.problems"]
    assert answer.json["requestID"] in record.getMessage()
    assert "a secret" in str(record.exc_info[1])


@pytest.mark.parametrize(
    "said", ["database or disk is full", "could not extend file: No space left on device"]
)
def test_a_full_disk_is_named(client, broken, said):
    broken(peewee.OperationalError(said))

    answer = client.get("/")

    assert (answer.status_code, answer.json["code"]) == (503, 3003)
    assert answer.json["verbose"] == "The disk of this server is full; try again later."


def test_a_database_that_does_not_answer_may_do_so_soon(client, broken, caplog):
    broken(peewee.OperationalError("password=secret"))

    answer = client.get("/")

    assert (answer.status_code, answer.json["code"]) == (503, 3003)
    assert answer.headers["Retry-After"] == "5"
    assert "secret" not in answer.text
    assert answer.json["requestID"] in caplog.text
    assert database.is_closed()  # so that the next request connects anew


def test_the_next_request_works_again(client, broken, monkeypatch):
    broken(RuntimeError())
    FlaskClient.open(client, "/")

    monkeypatch.undo()

    assert client.get("/").status_code == 200


def test_what_breaks_within_a_transaction_leaves_nothing_behind(client, app, monkeypatch, runtime):
    def break_down(self, app):
        raise RuntimeError

    href = app["_links"]["self"]["href"]
    with monkeypatch.context() as patch:
        patch.setattr(type(runtime.apps), "let_go", break_down)
        answer = FlaskClient.open(client, href, method="DELETE")

    assert answer.status_code == 500
    assert client.get(href).json == app
    assert client.delete(href).status_code == 204
