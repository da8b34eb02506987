"""Lists over HTTP: pages, streams, sort keys and repeated parameters (reference 2)."""

import logging
import tracemalloc
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.database import new_id

NOBODY = "00000000-0000-4000-8000-000000000000"
ROOT = "http://localhost/"

#: Queries of apps that cannot be answered; the code and the detail of the problem.
WRONG = [
    ("sort=colour", 3215, "colour"),
    ("sort=-colour", 3215, "colour"),
    ("sort=title,platformID", 3215, "platformID"),
    ("colour=red", 3216, "colour"),
    ("hexColor=%23d97706", 3216, "hexColor"),
    ("shortID~=5", 3216, "shortID"),
    ("title!=x", 3216, "title!"),
    ("platformID=1", 3216, "platformID"),
    ("titleFrom=a", 3217, "title"),
    ("appIDTo=a", 3217, "appID"),
    ("createdFrom=yesterday", 3212, "createdFrom"),
    ("created=x", 3212, "created"),
    ("title=a%00b", 3212, "title"),
    ("title~=%00", 3212, "title~"),
    ("colour%00=1", 3212, "colour�"),
]


@pytest.fixture
def make_apps(runtime):
    """Makes many apps at once."""

    def make_apps(number, start=0):
        App.insert_many(
            {
                "id": new_id(), "short_id": f"{each:08x}", "title": f"App {each:05}",
                "hex_color": "#d97706", "created": f"2024-05-02T08:{each // 1000:02}:00.000Z",
            }
            for each in range(start, start + number)
        ).execute()

    return make_apps


def titles(document):
    return [app["title"] for app in document.get("_embedded", {}).get("ec:app", [])]


def neighbours(document):
    """The page links of a list, as the parameters of their queries in their order."""
    return {
        rel: parse_qsl(urlsplit(document["_links"][rel]["href"]).query, keep_blank_values=True)
        for rel in ("first", "prev", "next")
        if rel in document["_links"]
    }


def test_a_page_has_ten_items_unless_the_client_wants_others(client, make_apps):
    make_apps(12)

    for query, count in [("", 10), ("size=5", 5), ("size=12", 12), ("size=100", 12), ("page=2", 2)]:
        listed = client.get(f"/?{query}").json
        assert (listed["count"], listed["total"]) == (count, 12)
        assert len(titles(listed)) == count


def test_all_pages_are_found_by_their_links(client, make_apps):
    make_apps(7)
    href, found, pages = "/?size=3&sort=title&title~=app&_list=true", [], []

    while href:
        page = client.get(href).json
        found += titles(page)
        pages.append(neighbours(page))
        href = page["_links"].get("next", {}).get("href")

    kept = {("size", "3"), ("sort", "title"), ("title~", "app"), ("_list", "true")}
    assert found == [f"App {number:05}" for number in range(7)]
    first, second, third = ({rel: dict(query) for rel, query in page.items()} for page in pages)
    plain = dict(kept)
    assert first == {"next": {**plain, "page": "2"}}
    assert second == {"first": plain, "prev": plain, "next": {**plain, "page": "3"}}
    assert third == {"first": plain, "prev": {**plain, "page": "2"}}
    assert pages[1]["next"][-1] == ("page", "3")


def test_a_page_past_the_end_is_empty_and_leads_back(client, make_apps):
    make_apps(7)

    for size in (3, 200):
        page = client.get(f"/?size={size}&page=9")
        last = -(-7 // size)

        assert (page.status_code, page.json["count"], page.json["total"]) == (200, 0, 7)
        assert "_embedded" not in page.json
        before = [("size", str(size))] + ([("page", str(last))] if last > 1 else [])
        assert neighbours(page.json) == {"first": [("size", str(size))], "prev": before}


def test_self_repeats_the_request_without_its_token(anonymous, token, make_apps):
    make_apps(5)
    for query in ("size=2&page=2&title~=a+b%2C(c)%26", "size=2", "size=0&title=", "size=101"):
        answer = anonymous.get(f"/?{query}&_token={token}")

        own = answer.json["_links"]["self"]
        told = parse_qsl(urlsplit(own["href"]).query, keep_blank_values=True)
        assert dict(told) == dict(parse_qsl(query, keep_blank_values=True))
        assert own["profile"] == f"{ROOT}schema/apps"
        assert token.encode() not in answer.data
        assert b"_token" not in answer.data


@pytest.mark.parametrize("name", ["page", "size"])
def test_a_number_of_pages_or_items_is_plain_digits(client, make_apps, name):
    make_apps(1)
    wrong = ["x", "-1", "1.5", "1e3", "", "+1", "%2B1", "1_0", "%D9%A1", "0x1", "2147483648",
             "9" * 30, "9" * 5000, "1,2", "(1)", *(["0", "00"] if name == "page" else [])]
    for text in wrong:
        answer = client.get(f"/?{name}={text}")
        assert (answer.status_code, answer.json["code"]) == (400, 3212), text
        assert answer.json["detail"] == name

    for text in ("1", "01", "2147483647"):
        assert client.get(f"/?{name}={text}").status_code == 200


def test_sort_keys_are_read_as_the_client_writes_them(client, runtime):
    for title, day in (("a", 1), ("b", 2), ("c", 2)):
        App.make(title, "#d97706")
        App.update(created=f"2024-05-0{day}T00:00:00.000Z").where(App.title == title).execute()

    for sort, order in [
        ("title", "abc"),
        ("%2Btitle", "abc"),
        ("+title", "abc"),
        ("%20title", "abc"),
        ("-title", "cba"),
        ("created,-title", "acb"),
        ("-created%2Ctitle", "bca"),
        ("-created%2C-title", "cba"),
        ("-created,+title", "bca"),
    ]:
        for size in ("", "&size=0"):
            assert titles(client.get(f"/?sort={sort}{size}").json) == list(order), sort


def test_without_a_sort_key_the_newest_app_comes_first(client, runtime):
    for number, title in enumerate("bca"):
        App.make(title, "#d97706")
        App.update(created=f"2024-05-0{number}T00:00:00.000Z").where(App.title == title).execute()

    for query in ("", "?sort=", "?size=0"):
        assert titles(client.get(f"/{query}").json) == list("acb")


def test_what_cannot_be_asked_is_refused_by_name(client):
    for query, code, detail in WRONG:
        for more in ("", "&size=0", "&_list=true"):
            answer = client.get(f"/?{query}{more}")
            assert (answer.status_code, answer.json["code"]) == (400, code), query
            assert answer.json["detail"] == detail


def test_a_parameter_may_be_repeated_with_the_same_value(client, app):
    app_id = app["appID"]

    assert client.get(f"/?appID={app_id}&appID={app_id}").json == app
    listed = client.get(f"/codesource?appID={app_id}&appID={app_id}&_list=true&_list=true").json
    assert listed["_links"]["self"]["href"] == f"{ROOT}codesource?appID={app_id}&_list=true"


def test_two_values_for_one_parameter_are_one_too_many(client):
    for query, detail in [
        (f"appID={NOBODY}&appID={NOBODY[:-1]}1", "appID"),
        ("page=1&page=2", "page"),
        ("size=1&size=", "size"),
        ("sort=title&sort=created", "sort"),
        ("_list=true&_list=false", "_list"),
        ("title=a&title=b", "title"),
    ]:
        answer = client.get(f"/?{query}")
        assert (answer.status_code, answer.json["code"]) == (400, 3212), query
        assert answer.json["detail"] == detail


def test_filters_arrive_as_the_client_spells_them(client, runtime):
    for title in ("exact value", "a,b", "a+b", "plain", "(x)", "My Shop"):
        App.make(title, "#d97706")

    for query, found in [
        ("title=plain", ["plain"]),
        ("title=%28exact%20value%29", ["exact value"]),
        ("title=%28a%2Cb%29", ["a,b"]),
        ("title=a%2Bb", ["a+b"]),
        ("title~=t%20v", ["exact value"]),
        ("title~=t+v", ["exact value"]),
        ("title~=a%2Cb", ["a,b"]),
        ("title=plain%2Ca%2Bb", ["a+b", "plain"]),
        ("title=%28exact%20value%29%2C%28a%2Cb%29", ["a,b", "exact value"]),
        ("title=My%20Shop", ["My Shop"]),
        ("title=My+Shop", ["My Shop"]),
        ("title=%28%28x%29%29", ["(x)"]),
        ("title=", []),
        ("createdFrom=2024-01-01T00%3A00%3A00.000Z&createdTo=2999-01-01T00:00%2B02:00&title=plain",
         ["plain"]),
        ("createdTo=2024-01-01T00%3A00%3A00.000%2B02%3A00", []),
    ]:
        listed = client.get(f"/?{query}&sort=title")
        assert (listed.status_code, titles(listed.json)) == (200, found), query


def test_everything_fits_on_one_page_of_size_zero(client, make_apps):
    make_apps(130)

    everything = client.get("/?size=0&sort=title").json

    assert (everything["count"], everything["total"]) == (130, 130)
    assert titles(everything) == [f"App {number:05}" for number in range(130)]
    assert neighbours(everything) == {}
    paged = client.get("/?size=30&sort=title").json
    assert everything["_embedded"]["ec:app"][:30] == paged["_embedded"]["ec:app"]
    assert client.get("/?size=0&page=2").json["count"] == 0


def test_a_long_page_is_streamed_and_is_a_page_all_the_same(client, make_apps):
    make_apps(212)

    first = client.get("/?size=101&sort=title").json
    last = client.get("/?size=101&page=3&sort=title").json

    assert (first["count"], first["total"], len(titles(first))) == (101, 212, 101)
    assert (last["count"], last["total"]) == (10, 212)
    assert titles(last) == [f"App {number:05}" for number in range(202, 212)]
    numbers = [
        {rel: dict(query).get("page") for rel, query in neighbours(page).items()}
        for page in (first, last)
    ]
    assert numbers == [{"next": "2"}, {"first": None, "prev": "2"}]


@pytest.mark.parametrize("path", ["", "codesource", "platform", "stats"])
def test_an_empty_stream_is_an_empty_list(client, path):
    streamed, paged = client.get(f"/{path}?size=0"), client.get(f"/{path}?size=1")

    assert (streamed.status_code, streamed.mimetype) == (200, "application/hal+json")
    assert (streamed.json["count"], streamed.json["total"]) == (0, 0)
    assert "_embedded" not in streamed.json
    assert streamed.json.keys() == paged.json.keys()
    assert streamed.headers["Allow"] == paged.headers["Allow"]


def peak_of(client, query):
    """The most memory that was in use while an answer was read and thrown away, and its length."""
    answer = FlaskClient.open(client, query)  # checking an answer would read it whole
    tracemalloc.start()
    try:
        length = sum(len(part) for part in answer.response)
        return tracemalloc.get_traced_memory()[1], length
    finally:
        tracemalloc.stop()
        answer.close()


def test_the_memory_of_a_stream_does_not_grow_with_its_rows(client, make_apps):
    make_apps(300)
    peak_of(client, "/?size=0")
    few, short = peak_of(client, "/?size=0")
    make_apps(2700, 300)
    many, long = peak_of(client, "/?size=0")

    assert long > 9 * short
    assert many < 1.3 * few
    assert many < long / 4


def test_a_page_costs_a_fixed_number_of_queries(client, make_platform, build, caplog):
    caplog.set_level(logging.DEBUG, "peewee")
    platform = make_platform()
    builds = platform["_links"]["ec:app/builds"]["href"]
    lists = [f"/{path}?" for path in ("", "platform", "codesource", "target", "stats")]
    lists.append(f"{builds}&")

    def costs():
        found = {}
        for address in lists:
            caplog.clear()
            client.get(f"{address}size=50")
            found[address] = len([each for each in caplog.records if each.name == "peewee"])
        return found

    build(platform)
    few = costs()
    for number in range(4):
        build(make_platform(f"Shop {number}"))
        build(platform)

    assert costs() == few
    assert max(few.values()) <= 13


def test_builds_are_streamed_with_their_events(client, make_platform, build):
    platform = make_platform()
    for _ in range(3):
        build(platform)
    builds = platform["_links"]["ec:app/builds"]["href"]

    streamed = client.get(f"{builds}&size=0").json
    paged = client.get(builds).json

    assert streamed["_embedded"] == paged["_embedded"]
    assert all(len(each["events"]) > 5 for each in streamed["_embedded"]["ec:app/build"])
    assert streamed["count"] == Build.select().count()
