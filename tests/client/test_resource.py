"""Documents and their links, in the hands of a client."""

import json

import pytest

from ec_builds.client import NoLink, NoVariable, Unexpected

VARIABLES = "{?appID,created~,page,size,_list,title~}"


@pytest.fixture
def root(server, session):
    """A root with links of all shapes."""
    server.say(
        "/",
        {
            "msg": "Welcome",
            "_links": {
                "self": {"href": server.root},
                "ec:apps/options": {"href": server.root + VARIABLES, "templated": True},
                "ec:app/by-id": {"href": server.root + "{?appID}"},
                "ec:app": [{"href": "/?appID=1", "title": "One"}, {"href": "/?appID=2"}],
                "ec:empty": [],
                "ec:null": None,
                "ec:builds": {"href": "builds?platformID=7{&size,targetID}", "templated": True},
            },
        },
    )
    return session.root()


def test_properties_are_read_by_name(root):
    assert root["msg"] == "Welcome"
    assert "msg" in root and "nothing" not in root
    assert root.get("nothing", "else") == "else"


def test_a_property_that_is_missing_is_told(root, server):
    with pytest.raises(Unexpected, match=f"^{server.root} has no property “nothing”.$"):
        root["nothing"]


def test_a_relation_may_be_one_link_or_a_list(root):
    assert [link["title"] for link in root.links("ec:app")] == ["One", None]
    assert len(root.links("self")) == 1
    assert root.links("ec:empty") == root.links("ec:null") == root.links("ec:nothing") == []


def test_the_first_of_several_links_is_followed(root, server):
    server.say("/?appID=1", {"title": "One"})

    assert root.follow("ec:app")["title"] == "One"


def test_a_relative_link_leads_on_from_where_its_document_was(root, server):
    assert root.link("ec:builds").url() == server.root + "builds?platformID=7"


def test_a_link_that_is_missing_is_told(root):
    with pytest.raises(NoLink, match="has no link “ec:nothing”."):
        root.follow("ec:nothing")


def test_a_template_may_have_tildes_in_its_names(root, server):
    server.say("/?created~=2024&_list=true&title~=my%20shop", {"count": 0})

    found = root.follow("ec:apps/options", **{"title~": "my shop", "created~": 2024, "_list": True})

    assert found["count"] == 0


def test_a_template_without_a_mark_is_one_all_the_same(root, server):
    assert root.link("ec:app/by-id").url(appID="7") == server.root + "?appID=7"


def test_a_template_is_given_numbers_and_lists(root):
    url = root.link("ec:builds").url(size=0, targetID=["a", "b"])

    assert url.endswith("builds?platformID=7&size=0&targetID=a,b")


def test_a_variable_that_is_unknown_is_told(root):
    with pytest.raises(NoVariable, match="“ec:app/by-id” has no variable “id”; it knows appID."):
        root.follow("ec:app/by-id", id=7)


def test_something_is_created_at_the_other_end_of_a_link(root, server):
    server.say("/builds?platformID=7", {"buildID": 1}, status=201, method="POST")

    created = root.create("ec:builds", {"comment": "nightly"})

    assert created["buildID"] == 1
    assert json.loads(server.asked[-1][3]) == {"comment": "nightly"}


def test_what_was_created_without_a_body_is_read_where_it_is(root, server):
    server.say("/builds?platformID=7", status=201, method="POST", Location="/build?buildID=1")
    server.say("/build?buildID=1", {"buildID": 1})

    assert root.create("ec:builds")["buildID"] == 1


def test_a_list_is_read_over_all_its_pages(server, session):
    two, three = ({"next": {"href": f"/?page={number}"}} for number in (2, 3))
    server.say("/", {"_links": two, "_embedded": {"a": [{"n": 1}, {"n": 2}]}})
    server.say("/?page=2", {"_links": three, "_embedded": {"a": {"n": 3}}})
    server.say("/?page=3", {"_links": {}})

    assert [each["n"] for each in session.root().items("a")] == [1, 2, 3]
    assert server.lines == ["GET /", "GET /?page=2", "GET /?page=3"]


def test_pages_are_asked_for_when_they_are_needed(server, session):
    server.say("/", {"_links": {"next": {"href": "/?page=2"}}, "_embedded": {"a": [{"n": 1}]}})

    assert next(session.root().items("a"))["n"] == 1
    assert server.lines == ["GET /"]


def test_pages_that_lead_in_a_circle_are_told(server, session):
    server.say("/", {"_links": {"next": {"href": "/?page=2"}}})
    server.say("/?page=2", {"_links": {"next": {"href": "/"}}})

    with pytest.raises(Unexpected, match="lead in a circle"):
        list(session.root().items("a"))


def test_a_reload_brings_what_is_there_now(server, session):
    server.say("/", {"n": 1}, ETag='"1"')
    before = session.root()
    server.say("/", {"n": 2}, ETag='"2"')

    assert (before["n"], before.reload()["n"]) == (1, 2)


def test_a_reload_of_what_has_not_changed_costs_little(server, session):
    server.say("/", {"n": 1}, ETag='"1"')
    root = session.root()

    assert root.reload() is root
    assert server.seen("If-None-Match") == [None, '"1"']


def test_something_is_deleted(server, session):
    server.say("/", {"n": 1})
    server.say("/", status=204, method="DELETE")
    assert session.root().delete() is None

    server.say("/", {"n": 1}, method="DELETE")
    assert session.root().delete()["n"] == 1
