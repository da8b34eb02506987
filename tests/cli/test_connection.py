"""Whom the command line shows the admin's token of this machine."""

import pytest

from ec_builds.cli.connection import ROOT, connect, leave_root
from ec_builds.config import Config


@pytest.fixture
def config(tmp_path):
    (tmp_path / "admin-token").write_text("admins\n")
    return Config.from_environment(
        {}, home=tmp_path, public_url="https://builds.example.com/"
    )


@pytest.mark.parametrize(
    "root, shown",
    [
        (None, "admins"),
        ("https://builds.example.com", "admins"),
        ("http://localhost:7470/", "admins"),
        ("http://[::1]:7470/", "admins"),
        ("https://elsewhere.example.com/", None),
        ("https://builds.example.com.elsewhere.example/", None),
        ("http://builds.example.com/", None),
    ],
)
def test_the_admins_token_is_for_our_own_server(config, root, shown):
    with connect(config, root) as session:
        assert session.token == shown


def test_a_token_that_is_given_is_used_anywhere(config):
    with connect(config, "https://elsewhere.example.com/", "mine") as session:
        assert session.token == "mine"


def test_the_root_is_the_usual_one_if_none_is_known(tmp_path):
    with connect(Config.from_environment({}, home=tmp_path)) as session:
        assert (session.address, session.token) == (ROOT, None)


def test_a_server_on_this_machine_says_where_it_is(tmp_path):
    config = Config.from_environment({}, home=tmp_path)

    leave_root(config, "http://127.0.0.1:4711/")

    with connect(config) as session:
        assert session.address == "http://127.0.0.1:4711/"
    with connect(config, "http://localhost:1/") as session:
        assert session.address == "http://localhost:1/"


def test_a_server_that_cannot_say_where_it_is_works_on(tmp_path, caplog):
    leave_root(Config.from_environment({}, home=tmp_path / "missing"), "http://127.0.0.1:4711/")

    assert "cannot be left in its home" in caplog.text
