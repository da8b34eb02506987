"""Every address is made in one place."""

import pytest

from ec_builds.urls import PLACES, Urls

APP = "7b1d6a52-3c0e-4f7a-9d21-0c5e8a4b1f63"
urls = Urls("https://builds.example.com/x/")


@pytest.mark.parametrize(
    "kind, address",
    [
        ("app", "?appID=1"),
        ("platform", "platform?platformID=1"),
        ("codesource", "codesource?codeSourceID=1"),
        ("datasource", "datasource?dataSourceID=1"),
        ("target", "target?targetID=1"),
        ("build", "platform/build?buildID=1"),
        ("job", "platform/build/job?jobID=1"),
        ("build-variable", "platform/build/variable?variableID=1"),
        ("deployment", "platform/deployment?deploymentID=1"),
        ("retention", "retention?appID=1"),
        ("preview", "retention/preview?appID=1"),
        ("stats", "stats?appID=1"),
        ("audit", "audit?auditID=1"),
    ],
)
def test_an_item_is_named_in_the_query(kind, address):
    assert urls.item(kind, 1) == f"https://builds.example.com/x/{address}"


def test_an_action_is_a_word_below_its_kind():
    assert urls.action("build", "pin", 1) == f"{urls.root}platform/build/pin?buildID=1"


def test_every_kind_has_a_place():
    assert all(urls.collection(kind).startswith(urls.root) for kind in PLACES)
    assert urls.collection("app") == urls.root


def test_a_template_names_its_owner_and_keeps_the_variable():
    assert urls.options("target", appID=APP) == (
        f"{urls.root}target?appID={APP}"
        "{&appID,page,size,_list,sort,targetID,targetType,targetType~}"
    )
    assert urls.options("stats") == f"{urls.root}stats{{?appID,page,size,_list,sort}}"


def test_a_single_thing_has_a_template_of_its_own():
    assert urls.by_id("build") == f"{urls.root}platform/build{{?buildID}}"
    assert urls.by_id("app") == f"{urls.root}{{?appID}}"


def test_a_page_is_the_same_request_with_another_number_at_the_end():
    parameters = {"appID": APP, "page": 2, "size": 2, "_list": "true"}

    assert urls.again("/target", parameters, page=3) == (
        f"{urls.root}target?appID={APP}&size=2&_list=true&page=3"
    )
    assert urls.again("/target", parameters, page=None) == (
        f"{urls.root}target?appID={APP}&size=2&_list=true"
    )
    assert urls.again("/", {}) == urls.root


def test_values_survive_the_way_into_an_address():
    address = urls.again("/", {"title~": "a b&c=d+é,(x)"})

    assert address == f"{urls.root}?title~=a+b%26c%3Dd%2B%C3%A9%2C%28x%29"


@pytest.mark.parametrize(
    "path, address",
    [("/a b", "a%20b"), ("/a?b", "a%3Fb"), ("/ä<", "%C3%A4%3C"), ("//evil.example", "evil.example"),
     ("/%", "%25")],
)
def test_a_path_stays_a_path(path, address):
    assert urls.again(path, {}) == urls.root + address


@pytest.mark.parametrize(
    "reference, address",
    [
        ("sites/50793615/shop/", "https://builds.example.com/x/sites/50793615/shop/"),
        ("files/a b.zip", "https://builds.example.com/x/files/a%20b.zip"),
        ("https://cdn.example.com/shop.zip", "https://cdn.example.com/shop.zip"),
        ("s3://bucket/key", "s3://bucket/key"),
    ],
)
def test_a_reference_is_relative_to_the_root_unless_it_is_absolute(reference, address):
    assert urls.below(reference) == address
