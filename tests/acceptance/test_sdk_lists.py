"""Filters, sorting and pages, as the official client spells them (reference 2)."""

import pytest


@pytest.fixture
def steps(script):
    return script("lists")


@pytest.fixture
def titles(steps):
    """The titles of the apps, in the order of their creation."""
    return steps["TITLES"].value


def test_every_title_is_found_by_itself(steps, titles):
    for title in titles:
        assert steps[f"exact {title}"].value == [title]
    assert steps["exact as an object"].value == ["shelf-a,b"]


@pytest.mark.parametrize(
    "name, query, found",
    [
        ("exact shelf plain", "title=%28shelf%20plain%29", ["shelf plain"]),
        ("exact shelf-a,b", "title=%28shelf-a%2Cb%29", ["shelf-a,b"]),
        ("exact shelf-a+b", "title=shelf-a%2Bb", ["shelf-a+b"]),
        ("search", "title~=F-A%2C", ["shelf-a,b"]),
        ("search with spaces", "title~=F%20p", ["shelf plain"]),
        ("any", "sort=title&title=shelf-plain%2Cshelf-a%2Bb%2Cno", ["shelf-a+b", "shelf-plain"]),
        ("all of a text", "title=shelf%20plain", ["shelf plain"]),
        ("null", "title=", []),
        ("empty", "title=", []),
    ],
)
def test_an_operator_is_understood_as_the_client_spells_it(steps, name, query, found):
    assert steps[name].lines == [f"GET /?_list=true&{query}"]
    assert steps[name].value == found


def test_values_with_commas_and_spaces_are_alternatives_in_parentheses(steps):
    step = steps["any with commas and spaces"]

    spelled = "%28shelf-a%2Cb%29%2C%28shelf%20plain%29%2C%28shelf-plain%29"
    assert step.lines == [f"GET /?_list=true&sort=-title&title={spelled}"]
    assert sorted(step.value) == ["shelf plain", "shelf-a,b", "shelf-plain"]


def test_a_range_includes_its_bounds(steps, titles):
    assert steps["from"].value == titles[2:]
    assert steps["from a date"].value == titles[2:]
    assert steps["from with an offset"].value == titles[2:]
    assert "%2B02%3A00&" in steps["from with an offset"].lines[0]
    assert steps["from and to"].value == titles[:3]
    assert steps["search of a time"].value == titles


def test_several_ids_give_a_list(steps, titles):
    assert sorted(steps["several ids"].value) == sorted(titles[:2])


def test_size_page_and_sort_select_a_part_of_the_list(steps, titles):
    step = steps["size, page, sort"]

    assert step.lines == ["GET /?page=3&size=2&_list=true&sort=-created%2Ctitle&title~=shelf"]
    assert step.value == titles[::-1][4:6]
    assert steps["sort with a plus"].lines == ["GET /?_list=true&sort=%2Btitle&title~=shelf"]
    assert sorted(steps["sort with a plus"].value) == sorted(titles)
    assert steps["size 0"].value == titles
    assert steps["past the end"].value == {"count": 0, "total": 7, "items": []}


@pytest.mark.parametrize(
    "name, code, detail",
    [("unknown sort", 3215, "nonsense"), ("wrong page", 3212, "page"), ("wrong id", 3212, "appID")],
)
def test_what_cannot_be_asked_is_a_problem_of_the_server(steps, name, code, detail):
    error = steps[name].error

    assert (error["name"], error["status"]) == ("Problem", 400)
    assert (error["code"], error["detail"]) == (code, detail)


def test_what_the_template_does_not_offer_is_not_sent_at_all(steps):
    refused = steps["filter without variable"]

    assert refused.lines == []
    assert [each["code"] for each in refused.error["subErrors"]] == [9212]
    assert steps["own id alone"].lines == []


def test_pages_are_walked_by_their_links(steps, titles):
    def page(name):
        return [each["title"] for each in steps[name].value["items"]]

    assert page("first page") == titles[:3]
    assert steps["what the first page has"].value == [False, False, True]
    assert page("next page") == titles[3:6]
    assert page("last page") == titles[6:]
    assert page("previous page") == page("first page again") == titles[:3]
    assert all(len(steps[name].requests) == 1 for name in ("next page", "previous page"))


def test_map_filter_and_find_read_one_page_after_the_other(steps, titles):
    assert steps["map"].value == titles
    assert len(steps["map"].requests) == 2
    found = [each["title"] for each in steps["filter"].value]
    assert found == [title for title in titles if "b" in title]
    assert steps["find"].value["title"] == "shelf-plain"
    assert steps["find nothing"].value is None
    assert steps["iterate"].value == titles[:3], "for…of stops at the end of the page"


def test_children_are_filtered_within_their_owner(steps):
    both = ["zipDownload", "localWebServer"]

    assert steps["targets by type"].value == ["zipDownload"]
    assert steps["targets by search"].value == ["localWebServer"]
    assert steps["targets sorted"].value == both
    assert steps["targets by ids"].value == both
    (line,) = steps["targets by app"].lines
    assert line.count("appID=") == 2, "the owner is in the template and in the call"
    assert steps["targets by app"].value == ["zipDownload"]
