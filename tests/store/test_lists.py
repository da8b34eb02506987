"""Lists of rows: filtered, sorted, paged and streamed alike on both databases."""

import logging

import pytest

from ec_builds.lists import catalog
from ec_builds.states import State
from ec_builds.store import listing, lists
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.database import new_id, transaction
from ec_builds.store.deployment import Deployment, DeploymentTarget
from ec_builds.store.platform import Platform
from ec_builds.store.run import Event
from ec_builds.store.reach import EVERYTHING
from ec_builds.store.stats import STATS

LISTS = {
    "app": (catalog.APPS, lists.APPS),
    "platform": (catalog.PLATFORMS, lists.PLATFORMS),
    "codesource": (catalog.CODE_SOURCES, lists.CODE_SOURCES),
    "datasource": (catalog.DATA_SOURCES, lists.DATA_SOURCES),
    "target": (catalog.TARGETS, lists.TARGETS),
    "build": (catalog.BUILDS, lists.BUILDS),
    "deployment": (catalog.DEPLOYMENTS, lists.DEPLOYMENTS),
    "stats": (catalog.STATS, STATS),
}
TITLES = ["", "a", "A", "b", "B b", "Ärger", "ärger", "z_", "z%", "100%", "ß", "\\", "~", "🎂", "a"]
#: Parameters, and the titles of the apps that they select.
FILTERS = [
    ({"title": "a"}, ["a", "a"]),
    ({"title": "A"}, ["A"]),
    ({"title": "a,b"}, ["a", "a", "b"]),
    ({"title": "(B b),b"}, ["B b", "b"]),
    ({"title": "B b"}, ["B b"]),
    ({"title": "nothing"}, []),
    ({"title": ""}, [""]),
    ({"title": "()"}, [""]),
    ({"title~": "B"}, ["B b", "b"]),
    ({"title~": "ÄRG"}, ["Ärger", "ärger"]),
    ({"title~": "%"}, ["100%", "z%"]),
    ({"title~": "_"}, ["z_"]),
    ({"title~": "\\"}, ["\\"]),
    ({"title~": "~"}, ["~"]),
    ({"title~": "🎂"}, ["🎂"]),
    ({"title~": ""}, sorted(TITLES)),
    ({"title~": "'"}, []),
    ({"title": "a", "created~": "05-01"}, ["a"]),
    ({"createdFrom": "2024-05-08T08:00:00.000Z"}, ["a"]),
    ({"createdTo": "2024-05-01T10:00:00+02:00"}, ["", "a"]),
    ({"createdTo": "2024-05-01T07:59:59.999Z"}, []),
    ({"createdFrom": "2024-05-02", "createdTo": "2024-05-03"}, ["A", "b"]),
    ({"created": "2024-05-02T08:00:00Z"}, ["A", "b"]),
    ({"created": "2024-05-02T08:00:00Z,2024-05-08T08:00:00Z"}, ["A", "a", "b"]),
    ({"created~": "t08:00"}, sorted(TITLES)),
    ({"created": ""}, []),
]
COMMENTS = [None, "", "a", "A", None, "b", "b"]


@pytest.fixture
def city(tables):
    """Some of everything, with equal, empty and missing values among it."""
    with transaction():
        settle()


def settle():
    days = [f"2024-05-{1 + number // 2:02}T08:00:00.000Z" for number in range(len(TITLES))]
    apps = [
        {"id": new_id(), "short_id": f"{number % 3:08x}", "title": title, "hex_color": "#d97706",
         "created": days[number]}
        for number, title in enumerate(TITLES)
    ]
    App.insert_many(apps).execute()
    for row in (CodeSource, DataSource, Target):
        plugins = [
            {"id": new_id(), "app": app["id"], "type": title or "stub", "config": {},
             "created": days[number // 3]}
            for number, (app, title) in enumerate(zip(apps, TITLES))
        ]
        for plugin in plugins:
            row.create(**plugin)
    code, data = list(CodeSource.select()), list(DataSource.select())
    targets = list(Target.select())
    for number, title in enumerate(TITLES):
        platform = Platform.create(
            app=apps[number % 4]["id"], title=title, type="website", config={},
            codesource=code[number % 2], datasource=data[number % 3],
        )
        platform.aim_at([target.id for target in targets[number : number + 2]])
    platforms = list(Platform.select())
    states = [*State, *State]
    for number, state in enumerate(states):
        platform = platforms[number % 3]
        shared = {
            "app_id": platform.app_id, "platform_id": platform.id, "state": state,
            "comment": COMMENTS[number % len(COMMENTS)],
            "finished": days[number % 5] if number % 3 else None,
            "started": days[number % 4],
        }
        build = Build.create(**shared, size=number or None)
        deployment = Deployment.create(**shared, build_id=number % 4)
        Build.record(build.id, "for a build")
        Deployment.record(deployment.id, "for a deployment")
        DeploymentTarget.create(deployment_id=deployment.id, target_id=targets[number % 2].id)
        DeploymentTarget.create(deployment_id=deployment.id, target_id=targets[2].id)


@pytest.fixture
def queries(caplog):
    """What the database has been asked so far, as texts."""
    caplog.set_level(logging.DEBUG, "peewee")

    class Queries:
        def forget(self):
            caplog.clear()

        @property
        def texts(self):
            return [each.message for each in caplog.records if each.name == "peewee"]

    return Queries()


def all_pages(rows, listing, sort, size):
    found, number = [], 1
    while True:
        page = rows.page(listing.ask({"sort": sort, "page": number, "size": size}), EVERYTHING)
        found += [row.id for row in page.items]
        if not page.has_next:
            return found, page.total
        number += 1


def test_a_stream_is_what_the_pages_are_whatever_the_order(city, monkeypatch):
    monkeypatch.setattr(listing, "CHUNK", 4)
    for kind, (asked, rows) in LISTS.items():
        total = rows.ahead(asked.ask({}), EVERYTHING).total
        for property in set(asked.properties) - asked.many:
            up, down = (
                [row.id for row in rows.stream(asked.ask({"sort": sort}), EVERYTHING)]
                for sort in (property, f"-{property}")
            )

            assert all_pages(rows, asked, property, 7) == (up, total), (kind, property)
            assert all_pages(rows, asked, f"-{property}", 5) == (down, total), (kind, property)
            assert up == down[::-1], (kind, property)
            assert len(set(up)) == len(up) == total


def test_a_part_of_a_stream_is_a_page(city, monkeypatch):
    monkeypatch.setattr(listing, "CHUNK", 3)
    for kind, (asked, rows) in LISTS.items():
        question = asked.ask({})
        everything = [row.id for row in rows.stream(question, EVERYTHING)]

        for start, limit in [(0, 1), (0, 3), (2, 4), (1, 7), (9, 100), (99, 5)]:
            part = [row.id for row in rows.stream(question, EVERYTHING, start, limit)]
            assert part == everything[start : start + limit], (kind, start)


def test_missing_values_come_first_and_titles_are_sorted_without_regard_to_case(city):
    builds = lists.BUILDS.stream(catalog.BUILDS.ask({"sort": "comment"}), EVERYTHING)
    apps = lists.APPS.stream(catalog.APPS.ask({"sort": "title"}), EVERYTHING)

    comments, titles = [row.comment for row in builds], [row.title.lower() for row in apps]

    assert comments == sorted(comments, key=lambda text: (text is not None, text or ""))
    assert comments[0] is None
    assert titles == sorted(title.lower() for title in TITLES)


def test_a_page_costs_a_fixed_number_of_queries(city, queries):
    for kind, (asked, rows) in LISTS.items():
        costs = set()
        for size in (1, 2, 5, 10):
            queries.forget()
            page = rows.page(asked.ask({"size": size}), EVERYTHING)
            assert len(page.items) == size
            costs.add(len(queries.texts))

        assert len(costs) == 1, kind
        assert max(costs) <= 10, kind


def test_a_stream_asks_for_a_chunk_at_a_time_and_only_when_it_is_read(tables, queries):
    App.insert_many(
        {"id": new_id(), "short_id": "0" * 8, "title": str(number), "hex_color": "#d97706"}
        for number in range(5 * listing.CHUNK // 2)
    ).execute()
    rows = lists.APPS.stream(catalog.APPS.ask({}), EVERYTHING)
    queries.forget()

    costs = []
    for number, _ in enumerate(rows, 1):
        costs.append(len(queries.texts))

    chunk = listing.CHUNK
    assert number == 5 * chunk // 2
    assert costs[0] == costs[chunk - 1] == 2  # the rows, and what belongs beside them
    assert (costs[chunk], costs[2 * chunk - 1], costs[-1]) == (4, 4, 6)


def test_what_is_added_behind_a_stream_is_still_met_and_nothing_comes_twice(city, monkeypatch):
    monkeypatch.setattr(listing, "CHUNK", 3)
    question = catalog.APPS.ask({"sort": "title"})
    stream = lists.APPS.stream(question, EVERYTHING)
    met = [next(stream).id]

    App.make("", "#d97706")
    last = App.make("🎂🎂", "#d97706")
    met += [row.id for row in stream]

    assert len(set(met)) == len(met)
    assert last.id in met


def test_a_filter_selects(city):
    found = []
    for parameters, _ in FILTERS:
        page = lists.APPS.page(catalog.APPS.ask({**parameters, "size": 100}), EVERYTHING)
        found.append((parameters, sorted(app.title for app in page.items)))
        assert page.total == len(page.items)

    assert found == FILTERS


def test_platforms_can_be_asked_for_by_their_parts(city):
    platform = Platform.get()
    parts = {
        "appID": platform.app_id,
        "codeSourceID": platform.codesource_id,
        "dataSourceID": platform.datasource_id,
        "platformType": "website",
    }

    found = lists.PLATFORMS.page(catalog.PLATFORMS.ask({**parts, "size": 100}), EVERYTHING)

    assert platform.id in [each.id for each in found.items]
    assert {
        (each.app_id, each.codesource_id, each.datasource_id) for each in found.items
    } == {(platform.app_id, platform.codesource_id, platform.datasource_id)}


def test_deployments_can_be_asked_for_any_or_all_of_their_targets(city):
    one, two, three = [target.id for target in Target.select()][:3]

    def total(targets):
        question = catalog.DEPLOYMENTS.ask({"targetID": targets})
        return lists.DEPLOYMENTS.page(question, EVERYTHING).total

    assert [total(one), total(two), total(three)] == [9, 9, 18]
    assert total(f"{one},{two}") == 18
    assert total(f"{one} {three}") == 9
    assert total(f"{one} {two}") == 0
    assert total(f"{one} {one}") == 9
    assert total(new_id()) == 0


def test_a_property_with_one_value_never_has_all_of_several(city):
    condition = listing.condition(App.title, "all", ("a", "b"))

    assert App.select().where(condition).count() == 0


def test_what_was_deleted_is_in_no_list(city):
    for kind, (asked, rows) in LISTS.items():
        first, *others = [row.id for row in rows.stream(asked.ask({}), EVERYTHING)]
        gone = rows.row.update(deleted="2024-05-02T08:00:00.000Z").where(rows.row.id == first)

        gone.execute()

        assert rows.get(first, EVERYTHING) is None, kind
        assert rows.one(asked.ask({asked.id: str(first)}), EVERYTHING) is None
        assert [row.id for row in rows.stream(asked.ask({}), EVERYTHING)] == others
        assert rows.ahead(asked.ask({}), EVERYTHING).total == len(others)


def test_a_page_past_the_end_is_empty_and_knows_the_total(city):
    page = lists.APPS.page(catalog.APPS.ask({"page": 2**31 - 1, "size": 2**31 - 1}), EVERYTHING)

    assert (page.items, page.total, page.has_next) == ([], len(TITLES), False)


def test_events_stand_in_the_order_of_their_ids(city):
    build = Build.get()
    for number in range(5):
        Event.create(
            id=100 - number, build_id=build.id, type="info", message=str(number), temporary=0,
            info={},
        )

    events = [event.id for event in lists.BUILDS.get(build.id, EVERYTHING).events]

    assert events == sorted(events) and len(events) == 6


def test_deleted_platforms_are_beside_nothing(city):
    Platform.update(deleted="2024-05-02T08:00:00.000Z").execute()

    for rows in (lists.APPS, lists.CODE_SOURCES, lists.DATA_SOURCES, lists.TARGETS):
        page = rows.page(catalog.APPS.ask({}), EVERYTHING)
        assert {len(row.platforms) for row in page.items} == {0}
