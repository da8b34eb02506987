"""What can be asked of a list, and what cannot."""

import pytest

from ec_builds.errors import InvalidParameter, NotFilterable, NotRangeable, NotSortable
from ec_builds.lists import catalog
from ec_builds.lists.listing import Filter, Listing

APP = "7b1d6a52-3c0e-4f7a-9d21-0c5e8a4b1f63"
OTHER = "0f6e2d5c-8b41-4a37-9c5e-6d2f1b8a7e90"

#: Lists, and the variables of their templates in the order of reference 2.5.
VARIABLES = [
    (
        catalog.APPS,
        "appID,created,createdFrom,createdTo,created~,page,size,_list,sort,title,title~",
    ),
    (
        catalog.PLATFORMS,
        "appID,codeSourceID,dataSourceID,page,platformID,platformType,platformType~,"
        "size,_list,sort,title,title~",
    ),
    (
        catalog.CODE_SOURCES,
        "appID,codeSourceID,codeSourceType,codeSourceType~,page,size,_list,sort",
    ),
    (
        catalog.DATA_SOURCES,
        "appID,dataSourceID,dataSourceType,dataSourceType~,page,size,_list,sort",
    ),
    (catalog.TARGETS, "appID,page,size,_list,sort,targetID,targetType,targetType~"),
    (catalog.BUILDS, "buildID,page,platformID,size,_list,sort"),
    (catalog.DEPLOYMENTS, "buildID,deploymentID,page,platformID,size,_list,sort,targetID"),
    (catalog.STATS, "appID,page,size,_list,sort"),
]
LISTINGS = [each for each in vars(catalog).values() if isinstance(each, Listing)]


@pytest.mark.parametrize("listing, variables", VARIABLES, ids=lambda each: getattr(each, "id", ""))
def test_the_variables_are_those_of_the_reference(listing, variables):
    assert ",".join(listing.variables) == variables


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.id)
def test_every_variable_can_be_asked_for(listing):
    for name in listing.variables:
        if name not in ("page", "size", "sort", "_list"):
            property, operator = listing.operator_of(name)
            assert property in listing.properties, name
            assert operator in ("exact", "search", "from", "to")


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.id)
def test_every_list_has_an_order_that_ends_with_its_id(listing):
    order = listing.ask({}).order

    assert order[-1][0] == listing.id
    assert len({property for property, _ in order}) == len(order)


@pytest.mark.parametrize(
    "listing, order",
    [
        (catalog.APPS, [("created", True), ("appID", True)]),
        (catalog.PLATFORMS, [("title", False), ("platformID", False)]),
        (catalog.CODE_SOURCES, [("created", False), ("codeSourceID", False)]),
        (catalog.TARGETS, [("created", False), ("targetID", False)]),
        (catalog.BUILDS, [("buildID", True)]),
        (catalog.DEPLOYMENTS, [("deploymentID", True)]),
        (catalog.STATS, [("title", False), ("appID", False)]),
    ],
    ids=lambda each: getattr(each, "id", ""),
)
def test_a_list_is_sorted_as_people_expect_it(listing, order):
    assert listing.ask({}).order == tuple(order)


@pytest.mark.parametrize(
    "sort, order",
    [
        ("title", [("title", False)]),
        ("+title", [("title", False)]),
        (" title", [("title", False)]),
        ("-title", [("title", True)]),
        ("-created,title", [("created", True), ("title", False)]),
        ("-created,+title", [("created", True), ("title", False)]),
        ("-created, title", [("created", True), ("title", False)]),
        ("title,-title", [("title", False)]),
    ],
)
def test_sort_keys_may_carry_a_sign(sort, order):
    assert catalog.APPS.ask({"sort": sort}).order[: len(order)] == tuple(order)


def test_the_last_key_follows_the_direction_of_the_first():
    assert catalog.APPS.ask({"sort": "-title"}).order == (("title", True), ("appID", True))
    assert catalog.APPS.ask({"sort": "title"}).order == (("title", False), ("appID", False))
    assert catalog.APPS.ask({"sort": "appID"}).order == (("appID", False),)


@pytest.mark.parametrize(
    "sort, detail",
    [("colour", "colour"), ("-colour", "colour"), ("title,colour", "colour"), ("--title", "-title"),
     ("title,", "sort"), ("-", "sort"), ("TITLE", "TITLE"), ("_list", "_list")],
)
def test_an_unknown_sort_key_is_refused_by_name(sort, detail):
    with pytest.raises(NotSortable) as refusal:
        catalog.APPS.ask({"sort": sort})

    assert refusal.value.detail == detail


def test_a_property_with_many_values_is_no_sort_key():
    with pytest.raises(NotSortable):
        catalog.DEPLOYMENTS.ask({"sort": "targetID"})


@pytest.mark.parametrize(
    "name, text, wanted",
    [
        ("title", "Shop", Filter("title", "any", ("Shop",))),
        ("title", "My Shop", Filter("title", "any", ("My Shop",))),
        ("title", "(a,b)", Filter("title", "any", ("a,b",))),
        ("title", "a,b", Filter("title", "any", ("a", "b"))),
        ("title", "", Filter("title", "empty", ())),
        ("title", "()", Filter("title", "any", ("",))),
        ("title~", "(a, b)", Filter("title", "search", ("(a, b)",))),
        ("title~", "", Filter("title", "search", ("",))),
        ("created", "", Filter("created", "empty", ())),
        ("created~", "2024-05", Filter("created", "search", ("2024-05",))),
        ("createdFrom", "2024-05-02", Filter("created", "from", ("2024-05-02T00:00:00.000Z",))),
        ("createdTo", "2024-05-02", Filter("created", "to", ("2024-05-02T00:00:00.000Z",))),
        ("appID", APP.upper(), Filter("appID", "any", (APP,))),
        ("appID", f"{APP},{OTHER}", Filter("appID", "any", (APP, OTHER))),
    ],
)
def test_a_parameter_becomes_a_condition(name, text, wanted):
    assert catalog.APPS.ask({name: text}).filters == (wanted,)


def test_all_of_some_can_be_asked_of_many_values():
    question = catalog.DEPLOYMENTS.ask({"targetID": f"{APP} {OTHER}"})

    assert question.filters == (Filter("targetID", "all", (APP, OTHER)),)


@pytest.mark.parametrize(
    "name, error, detail",
    [
        ("hexColor", NotFilterable, "hexColor"),
        ("shortID", NotFilterable, "shortID"),
        ("colour", NotFilterable, "colour"),
        ("colour~", NotFilterable, "colour"),
        ("appID~", NotFilterable, "appID"),
        ("title!", NotFilterable, "title!"),
        ("colourFrom", NotFilterable, "colourFrom"),
        ("From", NotFilterable, "From"),
        ("", NotFilterable, ""),
        ("titleFrom", NotRangeable, "title"),
        ("hexColorTo", NotRangeable, "hexColor"),
        ("appIDFrom", NotRangeable, "appID"),
    ],
)
def test_what_cannot_be_filtered_is_refused_by_name(name, error, detail):
    with pytest.raises(error) as refusal:
        catalog.APPS.ask({name: "1"})

    assert refusal.value.detail == detail


@pytest.mark.parametrize(
    "listing, name, text",
    [
        (catalog.APPS, "appID", "nonsense"),
        (catalog.APPS, "appID", ""),
        (catalog.APPS, "appID", f"{APP},"),
        (catalog.APPS, "created", "yesterday"),
        (catalog.APPS, "createdFrom", ""),
        (catalog.APPS, "createdTo", "2024-13-01"),
        (catalog.BUILDS, "buildID", "seven"),
        (catalog.BUILDS, "buildID", "7.0"),
        (catalog.BUILDS, "buildID", "99999999999"),
        (catalog.DEPLOYMENTS, "targetID", f"{APP} nonsense"),
    ],
)
def test_a_malformed_value_is_refused_by_its_parameter(listing, name, text):
    with pytest.raises(InvalidParameter) as refusal:
        listing.ask({name: text})

    assert refusal.value.detail == name
    assert refusal.value.verbose.startswith(f"{name} should be ")


@pytest.mark.parametrize(
    "parameters, single",
    [
        ({"appID": APP}, True),
        ({"appID": f"({APP})"}, True),
        ({"appID": APP, "_list": "false"}, True),
        ({"appID": APP, "_list": ""}, True),
        ({"appID": APP, "_list": "TRUE"}, True),
        ({"appID": APP, "title": "Shop"}, True),
        ({"appID": APP, "_list": "true"}, False),
        ({"appID": f"{APP},{APP}"}, False),
        ({"appID": f"{APP},{OTHER}"}, False),
        ({"title": "Shop"}, False),
        ({}, False),
    ],
)
def test_a_lone_id_asks_for_the_thing_itself(parameters, single):
    assert catalog.APPS.is_single(parameters) is single


def test_the_value_of_a_filter_is_known_when_there_is_just_one():
    question = catalog.PLATFORMS.ask({"appID": APP, "title~": "x", "platformID": f"{APP},{OTHER}"})

    assert question.value_of("appID") == APP
    assert question.value_of("title") is None
    assert question.value_of("platformID") is None
