"""The badge of a namespace (reference, 3.12)."""

import xml.etree.ElementTree as xml

import pytest

from ec_builds.states import State
from ec_builds.store.build import Build

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def config(waiting):
    return waiting


def drawn(client, path):
    """Title, width and colours of a badge."""
    answer = client.get(f"/n/{path}/-/badge.svg")
    assert (answer.status_code, answer.content_type) == (200, "image/svg+xml")
    badge = xml.fromstring(answer.text)
    cells = [cell.get("fill") for cell in badge.findall(f"{SVG}rect")]
    assert badge.get("height") == "20" and cells[0] == "#383e51"
    return badge.find(f"{SVG}title").text, badge.get("width"), cells[1]


UNKNOWN = ("Djinn CI: unknown", "115", "#6a7393")


@pytest.mark.parametrize(
    "state, text, width, colour",
    [
        (State.QUEUED, "queued", 105, "#272b39"),
        (State.RUNNING, "running", 105, "#61a0ea"),
        (State.SUCCEEDED, "passed", 105, "#269326"),
        (State.SUCCEEDED_WITH_FAILURES, "passed", 105, "#ff7400"),
        (State.FAILED, "failed", 105, "#c64242"),
        (State.CANCELLED, "killed", 105, "#c64242"),
        (State.TIMED_OUT, "timed out", 115, "#6a7393"),
    ],
)
def test_a_badge_shows_the_newest_build_of_just_its_namespace(djinn, state, text, width, colour):
    ada = djinn("ada")
    ada.namespace("games", visibility="public")
    ada.submit("games")
    build = ada.submit("games")
    ada.submit("games/chess")
    Build.update(state=state).where(Build.id == build["id"]).execute()

    assert drawn(djinn(), "ada/games") == (f"Djinn CI: {text}", str(width), colour)


def test_whatever_is_not_public_is_unknown(djinn):
    ada = djinn("ada")
    for visibility in ("private", "internal", "public"):
        ada.namespace(visibility, visibility=visibility)
    ada.submit("private")
    ada.submit("internal")

    for path in ("ada/private", "ada/internal", "ada/public", "ada/nothing", "nobody/x",
                 "ada/black-mesa", "ada/x/-/builds"):
        assert drawn(ada, path) == UNKNOWN, path
    assert ada.ask("HEAD", "/n/ada/public/-/badge.svg").status_code == 200
    assert ada.post("/n/ada/public/-/badge.svg").status_code == 405
