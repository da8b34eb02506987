"""What apps have built and deployed so far (reference 3.13)."""

from ec_builds.store.build import Build
from ec_builds.store.deployment import Deployment

ROOT = "http://localhost/"


def numbers(stats):
    return {name: value for name, value in stats.items() if name not in ("_links", "appID")}


def test_an_app_that_did_nothing_has_nothing_to_count(client, app):
    stats = client.get(f"/stats?appID={app['appID']}").json

    assert stats == {
        "appID": app["appID"],
        "title": "Bakery",
        "totalBuilds": None,
        "totalBuildSize": None,
        "monthlyBuilds": None,
        "totalDeployments": None,
        "monthlyDeployments": None,
        "usedCodeSources": None,
        "usedDataSources": None,
        "usedTargets": None,
        "usedPlatforms": None,
        "_links": {
            "curies": stats["_links"]["curies"],
            "self": {"href": f"{ROOT}stats?appID={app['appID']}"},
            "collection": {"href": f"{ROOT}stats"},
            "ec:app": app["_links"]["self"],
        },
    }


def test_runs_are_counted_by_month_whatever_became_of_them(
    client, app, make_platform, make_plugin, build, deploy
):
    targets = [make_plugin("target", "folder", path="x"), make_plugin("target", "zipDownload")]
    platform = make_platform(targets=targets)
    failing = make_platform("Failing", config={"directory": "nowhere"})
    built = [build(platform), build(platform)]
    months = ["2024-05", "2024-04", "2024-05"]
    built.append(build(failing))
    for each, month in zip(built, months):
        started = Build.update(started=f"{month}-02T08:00:00.000Z")
        started.where(Build.id == each["buildID"]).execute()
    deploy(platform, built[0])
    Deployment.update(started="2023-12-31T23:59:59.999Z").execute()

    stats = client.get(f"/stats?appID={app['appID']}").json

    size = sum(each["buildLocation"]["config"]["size"] for each in built[:2])
    assert numbers(stats) == {
        "title": "Bakery",
        "totalBuilds": "3",
        "totalBuildSize": str(size),
        "monthlyBuilds": {"2024-04": 1, "2024-05": 2},
        "totalDeployments": "1",
        "monthlyDeployments": {"2023-12": 1},
        "usedCodeSources": ["stub"],
        "usedDataSources": ["stub"],
        "usedTargets": ["folder", "zipDownload"],
        "usedPlatforms": ["staticWebsite"],
    }


def test_what_was_deleted_is_not_counted(client, app, make_platform, build, deploy):
    platform = make_platform()
    deploy(platform, build(platform))
    client.delete(platform["_links"]["self"]["href"])

    stats = numbers(client.get(f"/stats?appID={app['appID']}").json)

    assert {name for name, value in stats.items() if value is not None} == {
        "title", "usedCodeSources", "usedDataSources", "usedTargets"
    }


def test_the_list_embeds_all_apps_by_title(client, make, make_platform, build):
    other, app = (make("/", title=title, hexColor="#000000") for title in ("b", "A"))
    build(make_platform(of=other))

    listed = client.get("/stats?_list=true").json

    assert (listed["count"], listed["total"]) == (2, 2)
    assert listed["_links"] == {
        "curies": listed["_links"]["curies"],
        "self": {"href": f"{ROOT}stats?_list=true"},
        "ec:apps": {"href": ROOT, "profile": f"{ROOT}schema/apps"},
        "ec:app-stat/options": {
            "href": f"{ROOT}stats{{?appID,page,size,_list,sort}}", "templated": True
        },
    }
    found = [(each["title"], each["totalBuilds"]) for each in listed["_embedded"]["ec:app-stat"]]
    assert found == [("A", None), ("b", "1")]


def test_figures_can_be_sorted_by(client, make, make_platform, build, deploy):
    apps = [make("/", title=title, hexColor="#000000") for title in "abc"]
    for number, app in enumerate((apps[2], apps[0])):
        platform = make_platform(of=app)
        for _ in range(number + 1):
            deploy(platform, build(platform))

    for sort in ("totalBuilds", "totalBuildSize", "totalDeployments"):
        for sign, titles in (("", "bca"), ("-", "acb")):
            for size in (10, 0):
                listed = client.get(f"/stats?sort={sign}{sort}&size={size}").json
                found = [each["title"] for each in listed["_embedded"]["ec:app-stat"]]
                assert found == list(titles), (sort, sign, size)


def test_statistics_can_only_be_read(client, app):
    for address in ("/stats", f"/stats?appID={app['appID']}"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            answer = client.open(address, method=method, json={})
            assert (answer.status_code, answer.json["code"]) == (405, 3110)
            assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
