"""HAL documents, as reference 1.3 and 1.4 want them."""

import pytest

from ec_builds.hal.document import Document

SELF = "https://builds.example.com/?appID=1"
CURIES = [{"name": "ec", "href": "https://builds.example.com/doc/{rel}", "templated": True}]


@pytest.fixture
def document():
    return Document(SELF, "https://builds.example.com/schema/app", appID="1", comment=None)


def test_a_document_is_its_state_and_a_link_to_itself(document):
    assert document.as_dict() == {
        "appID": "1",
        "comment": None,
        "_links": {"self": {"href": SELF, "profile": "https://builds.example.com/schema/app"}},
    }


def test_one_link_is_an_object(document):
    document.link("ec:app", "https://x.example/", profile=None, title="")

    assert document.as_dict()["_links"]["ec:app"] == {"href": "https://x.example/"}


def test_several_links_are_a_list(document):
    for number in range(3):
        document.link("ec:app/target", f"https://x.example/{number}")

    links = document.as_dict()["_links"]["ec:app/target"]
    assert [link["href"][-1] for link in links] == ["0", "1", "2"]


def test_a_relation_that_is_a_list_stays_one_with_a_single_link(document):
    document.links_to("ec:app/platform", [{"href": SELF}])

    assert document.as_dict()["_links"]["ec:app/platform"] == [{"href": SELF}]


def test_a_relation_without_links_is_left_out(document):
    document.links_to("ec:app/platform", [])

    assert "ec:app/platform" not in document.as_dict()["_links"]


def test_a_template_says_that_it_is_one(document):
    document.template("ec:app/by-id", "https://x.example/{?appID}", profile="https://x.example/p")

    assert document.as_dict()["_links"]["ec:app/by-id"] == {
        "href": "https://x.example/{?appID}",
        "templated": True,
        "profile": "https://x.example/p",
    }


def test_a_single_embedded_document_is_in_a_list(document):
    document.embed("ec:app", [Document(SELF, appID="2")])

    assert document.as_dict()["_embedded"] == {
        "ec:app": [{"appID": "2", "_links": {"self": {"href": SELF}}}]
    }


def test_an_empty_list_embeds_nothing(document):
    document.embed("ec:app", [])

    assert "_embedded" not in document.as_dict()


def test_only_the_outer_document_explains_its_relations(document):
    document.embed("ec:app", [Document(SELF)])

    whole = document.as_dict(CURIES)

    assert whole["_links"]["curies"] == CURIES
    assert list(whole["_links"]) == ["curies", "self"]
    assert "curies" not in whole["_embedded"]["ec:app"][0]["_links"]


def test_making_the_dict_changes_nothing(document):
    assert document.as_dict(CURIES) == document.as_dict(CURIES)
    assert document.as_dict()["_links"].keys() == {"self"}
