"""Apps, statistics and types, as the official client uses them (reference 5.1)."""

import pytest


@pytest.fixture
def steps(script):
    return script("apps")


@pytest.fixture
def app_id(steps):
    return steps["createApp"].value["appID"]


def test_the_first_call_of_a_connector_reads_the_root_and_its_self(steps, app_id):
    assert steps["first types"].lines == ["GET /", "GET /", "GET /plugintypes"]
    assert steps["first call"].lines == ["GET /", "GET /", f"GET /?appID={app_id}"]
    assert steps["first call"].value["appID"] == app_id


def test_the_headers_of_a_call_are_those_that_the_server_was_made_for(steps, server):
    headers = steps["types"].requests[0]["headers"]

    assert headers["accept"] == "application/hal+json"
    assert headers["authorization"] == f"Bearer {server.token}"
    assert headers["x-user-agent"] == "acceptance/1.0 ec.sdk/0.30.4"
    assert not {"user-agent", "if-none-match"} & headers.keys()
    posted = steps["createApp"].requests[-1]["headers"]
    assert posted["content-type"] == "application/json"


def test_types_can_be_looked_up(steps):
    types = steps["types"].value
    found = steps["looked up types"].value

    kinds = ("platformTypes", "codeSourceTypes", "dataSourceTypes", "targetTypes")
    assert all(types[kind] for kind in kinds)
    assert {"remoteGit", "zipFile", "stub"} <= set(found["codeSources"])
    assert {"localWebServer", "zipDownload"} <= set(found["targets"])
    assert "buildDir" in found["schema"]["required"]
    assert found["plugin"]["restrictToPlatformType"] is None
    assert "unknown" not in found


def test_an_app_is_created_after_a_look_at_the_template_of_its_schema(steps):
    created = steps["createApp"]

    assert created.lines == ["GET /schema/app-template", "POST /"]
    assert created.value["title"] == "Bäckerei “Ω”"
    assert created.value["hexColor"] == "#D97706"
    assert len(created.value["shortID"]) == 8
    assert steps["createApp again"].lines == ["POST /"], "the client should know the schema"
    assert steps["createApp without title"].lines == []
    assert steps["createApp without title"].error["code"] == 9201


def test_the_schema_is_fetched_without_a_token(steps):
    headers = steps["createApp"].requests[0]["headers"]

    assert "authorization" not in headers
    assert "accept" not in headers


def test_later_requests_may_repeat_the_body_of_an_earlier_one(steps, app_id):
    for name, method in [("resolve after create", "GET"), ("resolve after save", "GET")]:
        (request,) = steps[name].requests
        assert (request["method"], request["path"]) == (method, f"/?appID={app_id}")
        assert int(request["headers"]["content-length"]) > 0
        assert steps[name].value["appID"] == app_id
    (request,) = steps["del right after create"].requests
    assert request["method"] == "DELETE"
    assert int(request["headers"]["content-length"]) > 0
    assert steps["del right after create"].value == []


def test_a_saved_app_is_what_it_was_saved_as(steps, app_id):
    first, *references, put = steps["save"].lines

    assert first == "GET /schema/app"
    assert all(line.startswith("GET /schema/") for line in references)
    assert put == f"PUT /?appID={app_id}"
    assert steps["resolve after save"].value["title"] == "Renamed"
    assert steps["save again"].lines == [put], "the client should know the schemas"
    assert steps["app"].value["hexColor"] == "#123456"


def test_one_app_is_read_by_the_template_of_the_list(steps, app_id):
    assert steps["app"].lines == [f"GET /?appID={app_id}"]
    assert steps["appList"].lines == ["GET /?_list=true"]
    assert app_id in [each["appID"] for each in steps["appList"].value["items"]]
    assert steps["appList of one"].lines == [f"GET /?appID={app_id}%2C{app_id}&_list=true"]
    assert steps["appList of one"].value["count"] == 1


def test_items_of_a_list_are_read_again_before_anything_is_done_with_them(steps, app_id):
    mine = f"/?appID={app_id}"

    assert steps["save of a list item"].lines == [f"GET {mine}", f"PUT {mine}"]
    assert steps["save of a list item"].value["title"] == "Renamed in a list"
    assert steps["resolve of a list item"].lines == [f"GET {mine}", f"GET {mine}"]
    assert steps["targetList of a list item"].lines == [
        f"GET {mine}",
        f"GET /target?appID={app_id}&_list=true",
    ]
    assert steps["createTarget of a list item"].lines == [
        "GET /schema/target-template",
        f"GET {mine}",
        f"POST /target?appID={app_id}",
    ]
    assert steps["createTarget of a list item"].value["targetType"] == "zipDownload"
    assert steps["del of a list item"].lines == [f"GET {mine}", f"DELETE {mine}"]


def test_what_was_deleted_is_a_problem_that_the_client_can_show(steps):
    for name in ("app that was deleted", "resolve of what was deleted"):
        error = steps[name].error
        assert (error["name"], error["status"], error["code"]) == ("Problem", 404, 3102)
        assert error["title"] == "No resource entity matching query string filter found"
        assert error["message"] == error["title"]
        assert error["detail"] == "appID"
        assert error["requestID"]
    (line,) = steps["deleteResource"].lines
    assert line.startswith("DELETE /?appID=")
    assert steps["deleteResource"].error is None


def test_statistics_are_texts_or_nothing(steps):
    stats = steps["stats"].value

    assert steps["stats"].lines == [f"GET /stats?appID={stats['appID']}"]
    assert steps["statsList"].lines == ["GET /stats?_list=true"]
    assert stats["totalBuilds"] is None
    assert stats["usedTargets"] == ["zipDownload"]
    assert stats in steps["statsList"].value["items"]


def test_the_template_of_the_list_offers_every_filter(steps):
    assert steps["getFilterOptions"].value == (
        "appID,created,createdFrom,createdTo,created~,page,size,_list,sort,title,title~".split(",")
    )
