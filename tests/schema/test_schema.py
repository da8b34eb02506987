"""JSON Schemas by name: the files, and what is said of bodies, configs and answers."""

import copy
import json
import socket
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from ec_builds import schema
from ec_builds.errors import (
    ECError,
    InvalidProperty,
    MissingProperty,
    NotFound,
    Unmatched,
    UsageError,
)
from ec_builds.states import State

FOLDER = Path(__file__).parents[2] / "schemas"
GOLDEN = Path(__file__).parents[1] / "golden"
FILES = sorted(FOLDER.glob("*.json"))
RESOURCES = ("app", "platform", "codesource", "datasource", "target", "build", "deployment")
WRITABLE = RESOURCES[:5]

ROOT = "https://builds.example.org/"
APP = "0f6e2d5c-8b41-4a37-9c5e-6d2f1b8a7e90"
PLATFORM = "3c9d7e1f-2a64-4b58-8f0d-5e4c3b2a1908"
CODE = "a4b8c2d6-1e3f-4507-9a6b-7c8d9e0f1a2b"
DATA = "d1c3b5a7-9f8e-4d6c-b5a4-3f2e1d0c9b8a"
TARGET = "5a7c9e1b-3d5f-4b7d-8e0a-2c4e6f8a0b1d"


# --- documents, as the server sends them


def link(path, profile=None, **more):
    return {
        "href": ROOT + path,
        **({"profile": f"{ROOT}schema/{profile}"} if profile else {}),
        **more,
    }


def template(path, profile=None):
    return link(path, profile, templated=True)


CURIES = [{"name": "ec", "href": ROOT + "relations/{rel}", "templated": True}]


def make_app():
    links = {"self": link(f"?appID={APP}", "app"), "collection": link("", "apps")}
    for name, key in (
        ("platform", "platformID"),
        ("codesource", "codeSourceID"),
        ("datasource", "dataSourceID"),
        ("target", "targetID"),
    ):
        links[f"ec:app/{name}s"] = link(f"{name}?appID={APP}", f"{name}s")
        links[f"ec:app/{name}s/options"] = template(f"{name}?appID={APP}{{&appID,page,{key}}}")
        links[f"ec:app/{name}/by-id"] = template(f"{name}{{?{key}}}", name)
    links["ec:app/platform"] = [
        link(f"platform?platformID={PLATFORM}", "platform", title="Handbook")
    ]
    return {
        "appID": APP,
        "shortID": "50793615",
        "created": "2025-11-03T09:30:00.000Z",
        "title": "Museum",
        "hexColor": "#0EA5e9",
        "_links": links,
    }


def make_platform():
    return {
        "platformID": PLATFORM,
        "title": "Handbook",
        "platformType": "staticWebsite",
        "config": {"directory": "public"},
        "_links": {
            "self": link(f"platform?platformID={PLATFORM}", "platform"),
            "collection": link(f"platform?appID={APP}", "platforms"),
            "ec:app": link(f"?appID={APP}", "app"),
            "ec:app/codesource": link(f"codesource?codeSourceID={CODE}", "codesource"),
            "ec:app/datasource": link(f"datasource?dataSourceID={DATA}", "datasource"),
            "ec:app/target": [link(f"target?targetID={TARGET}", "target")],
            "ec:app/builds": link(f"platform/build?platformID={PLATFORM}", "builds"),
            "ec:app/builds/options": template(f"platform/build?platformID={PLATFORM}{{&page}}"),
            "ec:app/build/latest": link("platform/build?buildID=7", "build"),
            "ec:app/deployments": link(f"platform/deployment?platformID={PLATFORM}", "deployments"),
            "ec:app/deployments/options": template(
                f"platform/deployment?platformID={PLATFORM}{{&page}}"
            ),
            "curies": CURIES,
        },
    }


def configured(name, prefix, key):
    links = {
        "self": link(f"{name}?{prefix}ID={key}", name),
        "collection": link(f"{name}?appID={APP}", f"{name}s"),
        "ec:app": link(f"?appID={APP}", "app"),
        "ec:app/platform": [link(f"platform?platformID={PLATFORM}", "platform", title="Handbook")],
    }
    if name == "target":
        links["ec:app/deployments"] = link(f"platform/deployment?targetID={key}", "deployments")
    return {
        f"{prefix}ID": key,
        f"{prefix}Type": "stub",
        "config": {"_title": "the good one", "files": {"a": "b"}, "note": None},
        "_links": links,
    }


def event(run, **changes):
    return {
        f"{run}EventID": 41,
        f"{run}EventType": "warn",
        "timestamp": "2025-11-03T09:31:00.250Z",
        "message": "npm said something",
        "temporary": True,
        "info": {"exitCode": 0},
        **changes,
    }


CREATOR = {"email": "me@example.org", "accountID": "9e8d7c6b-5a49-4837-a625-140312f0e1d2"}


def make_build():
    return {
        "buildID": 7,
        "creator": CREATOR,
        "comment": None,
        "started": "2025-11-03T09:31:00.000Z",
        "finished": "2025-11-03T09:31:02.500Z",
        "successful": "success",
        "status": "SUCCEEDED",
        "statusDetail": None,
        "buildLocation": {
            "type": "zipFile",
            "config": {"url": ROOT + "files/7.zip", "size": 1024, "sha256": "0a" * 32},
        },
        "events": [event("build")],
        "pinned": False,
        "_links": {
            "self": link("platform/build?buildID=7", "build"),
            "collection": link(f"platform/build?platformID={PLATFORM}", "builds"),
            "ec:app": link(f"?appID={APP}", "app"),
            "ec:app/platform": link(f"platform?platformID={PLATFORM}", "platform"),
            "ec:app/deployment/latest": link("platform/deployment?deploymentID=8", "deployment"),
            "ec:app/build/pin": link("platform/build/pin?buildID=7", "build"),
            "ec:app/build/log": link("platform/build/log?buildID=7", type="text/plain"),
            "ec:app/build/events/stream": link(
                "platform/build/events/stream?buildID=7", type="text/event-stream"
            ),
        },
    }


def running(run):
    return {
        **run,
        "finished": None,
        "successful": "running",
        "status": "QUEUED",
        "events": [],
        **({"buildLocation": None} if "buildLocation" in run else {"results": None}),
    }


def make_deployment():
    return {
        "deploymentID": 8,
        "buildID": 7,
        "platformID": PLATFORM,
        "targetIDs": [TARGET],
        "creator": None,
        "comment": "to the world",
        "outsideConfig": {"ring": 2},
        "started": "2025-11-03T09:40:00.000Z",
        "finished": "2025-11-03T09:40:02.000Z",
        "successful": "error",
        "status": "TIMED_OUT",
        "statusDetail": "It took longer than 30 minutes.",
        "results": [],
        "events": [event("deployment", deploymentEventType="error")],
        "_links": {
            "self": link("platform/deployment?deploymentID=8", "deployment"),
            "collection": link(f"platform/deployment?platformID={PLATFORM}", "deployments"),
            "ec:app": link(f"?appID={APP}", "app"),
            "ec:app/platform": link(f"platform?platformID={PLATFORM}", "platform"),
            "ec:app/build": link("platform/build?buildID=7", "build"),
            "ec:app/target": link(f"target?targetID={TARGET}", "target"),
        },
    }


def make_stat():
    return {
        "appID": APP,
        "title": "Museum",
        "totalBuilds": "12",
        "totalBuildSize": None,
        "monthlyBuilds": {"2025-11": 12},
        "totalDeployments": "0",
        "monthlyDeployments": None,
        "usedCodeSources": ["remoteGit"],
        "usedDataSources": None,
        "usedTargets": [],
        "usedPlatforms": ["staticWebsite"],
        "_links": {
            "self": link(f"stats?appID={APP}"),
            "collection": link("stats"),
            "ec:app": link(f"?appID={APP}", "app"),
        },
    }


def make_retention():
    return {
        "appID": APP,
        "newest": 20,
        "days": 0.5,
        "bytes": None,
        "_links": {
            "self": link(f"retention?appID={APP}", "retention"),
            "ec:app": link(f"?appID={APP}", "app"),
            "ec:app/retention/preview": link(
                f"retention/preview?appID={APP}", "retention-preview"
            ),
        },
    }


def make_preview():
    gone = {"buildID": 7, "platformID": PLATFORM, "size": 0, "reason": "It is old."}
    return {
        "appID": APP,
        "total": 1,
        "totalSize": 0,
        "builds": [{**gone, "finished": "2025-11-03T09:31:00.000Z"}],
        "_links": {
            "self": link(f"retention/preview?appID={APP}", "retention-preview"),
            "ec:app": link(f"?appID={APP}", "app"),
            "ec:app/retention": link(f"retention?appID={APP}", "retention"),
            "ec:app/build": [link("platform/build?buildID=7", "build")],
        },
    }


def make_types():
    kind = {"type": "stub", "configSchema": {}, "typeConfig": {}}
    return {
        "platformTypes": [kind],
        "codeSourceTypes": [{**kind, "restrictToPlatformType": None}],
        "dataSourceTypes": [],
        "targetTypes": [{**kind, "restrictToPlatformType": "staticWebsite"}],
        "_links": {
            "self": link("plugintypes", "app-plugin-types"),
            "ec:apps": link("", "apps"),
            "curies": CURIES,
        },
    }


def make_address():
    return {
        "url": f"{ROOT}files/builds/12.zip?_signed=1.a.b.c",
        "method": "GET",
        "expires": "2026-03-02T08:15:02.114Z",
        "_links": {"self": link("platform/build/download?buildID=12", "address")},
    }


def make_error():
    problem = {"code": 3201, "title": "Missing property", "type": ROOT + "errors/3201"}
    return {
        **problem,
        "status": 400,
        "detail": "title",
        "requestID": "b7",
        "_links": {
            "self": link(""),
            "up": link("", title="The root"),
            "describedby": link("errors/3201", title="What 3201 means"),
        },
        "_embedded": {"error": [{**problem, "detail": "hexColor", "verbose": "is missing"}]},
    }


def listing(name, relation, item, links, **state):
    profile = {} if name == "app-stats" else {"profile": name}
    return {
        **state,
        "count": 1,
        "total": 3,
        "_links": {
            "self": link("?size=1&_list=true", **profile),
            "next": link("?size=1&_list=true&page=2"),
            "curies": CURIES,
            **links,
        },
        "_embedded": {relation: [item]},
    }


def make_lists():
    lists = {
        "apps": listing(
            "apps",
            "ec:app",
            make_app(),
            {
                "ec:apps/options": template("{?appID,page}"),
                "ec:app/by-id": template("{?appID}", "app"),
                "ec:app-stats": template("stats{?appID,_list}"),
                "ec:apps/types": link("plugintypes", "app-plugin-types"),
            },
            msg="Good morning from AppServer v1",
        ),
        "app-stats": listing(
            "app-stats",
            "ec:app-stat",
            make_stat(),
            {"ec:apps": link("", "apps"), "ec:app-stat/options": template("stats{?appID,_list}")},
        ),
    }
    for name in RESOURCES[1:]:
        links = {
            f"ec:app/{name}/by-id": template(f"{name}{{?anyID}}", name),
            f"ec:app/{name}s/options": template(f"{name}?appID={APP}{{&page}}"),
            "ec:apps": link("", "apps"),
        }
        lists[f"{name}s"] = listing(f"{name}s", f"ec:app/{name}", make(name), links)
    return lists


def make(name):
    if name in ("codesource", "datasource", "target"):
        prefix, key = {
            "codesource": ("codeSource", CODE),
            "datasource": ("dataSource", DATA),
            "target": ("target", TARGET),
        }[name]
        return configured(name, prefix, key)
    makers = {
        "app": make_app,
        "platform": make_platform,
        "build": make_build,
        "deployment": make_deployment,
        "app-stat": make_stat,
        "retention": make_retention,
        "retention-preview": make_preview,
        "app-plugin-types": make_types,
        "address": make_address,
        "error": make_error,
    }
    if name in SAMPLED:
        return content(GOLDEN / f"{SAMPLED[name]}.json")
    return makers[name]() if name in makers else make_lists()[name]


#: Schema: the golden file that fits it.
SAMPLED = {
    name: f"list-of-{name}" if name.endswith("s") else name
    for name in (
        "member", "members", "invitation", "invitations", "offer", "offers",
        "account", "accounts", "token", "tokens", "job", "jobs", "artifact", "artifacts", "tag",
        "tags", "build-variable", "build-variables", "build-object", "build-objects",
        "image",
    )
}
SAMPLED |= {"audit": "list-of-audit", "audit-line": "audit-line"}


DOCUMENTS = (*RESOURCES, *(f"{name}s" for name in RESOURCES), "app-stat", "app-stats")
DOCUMENTS += ("retention", "retention-preview", "app-plugin-types", "address", "error", *SAMPLED)
TEMPLATES = (*(f"{name}-template" for name in RESOURCES), "retention-template")
TEMPLATES += ("member-template", "invitation-template", "token-template", "address-template")
TEMPLATES += ("tag-template",)


def without(document, *path):
    changed = copy.deepcopy(document)
    *way, last = path
    place = changed
    for step in way:
        place = place[step]
    del place[last]
    return changed


def changed(document, value, *path):
    result = copy.deepcopy(document)
    *way, last = path
    place = result
    for step in way:
        place = place[step]
    place[last] = value
    return result


def refusal(function, *arguments, **more):
    with pytest.raises(ECError) as caught:
        function(*arguments, **more)
    return caught.value


def told(error):
    """An error and its train, each as its class and what it is about."""
    return [(type(each), each.detail) for each in (error, *error.others)]


# --- the files


def content(path):
    return json.loads(path.read_text("utf-8"))


def parts(document):
    """Everything in a schema that is one, apart from forms that only refine others."""
    yield document
    for key in ("properties", "patternProperties", "definitions"):
        for part in document.get(key, {}).values():
            yield from parts(part)
    for key in ("items", "additionalProperties"):
        if isinstance(document.get(key), dict):
            yield from parts(document[key])


def references(value):
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref":
                yield each
            else:
                yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_resource_has_its_schema():
    expected = {*DOCUMENTS, *TEMPLATES, "hal", "values", "run"}

    assert set(schema.names()) == expected == {path.stem for path in FILES}
    assert list(schema.names()) == sorted(schema.names())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_valid_draft_04(path):
    document = content(path)

    Draft4Validator.check_schema(document)
    assert document["$schema"] == "http://json-schema.org/draft-04/schema#"
    assert document["id"] == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_explains_itself(path):
    document = content(path)

    assert document["title"]
    for part in parts(document):
        for name, property in part.get("properties", {}).items():
            assert property.get("description", "").endswith("."), name
    for name, definition in document.get("definitions", {}).items():
        assert definition["description"].endswith("."), name
    assert document["description"].endswith(".")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_reference_leads_to_a_schema(path):
    for reference in references(content(path)):
        name, _, pointer = reference.partition("#")
        place = content(FOLDER / f"{name}.json") if name else content(path)
        for step in pointer.split("/")[1:]:
            place = place[step]
        assert isinstance(place, dict), reference


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_looks_as_if_one_hand_had_written_it(path):
    text = path.read_text("utf-8")

    assert text == json.dumps(content(path), indent=2, ensure_ascii=False) + "\n"


def test_the_schema_of_a_run_knows_every_state():
    status = content(FOLDER / "run.json")["definitions"]["status"]

    assert status["enum"] == [state.value for state in State]


@pytest.mark.parametrize("name", WRITABLE)
def test_a_template_and_its_resource_agree_on_what_can_be_written(name):
    resource, template = content(FOLDER / f"{name}.json"), content(FOLDER / f"{name}-template.json")
    values = content(FOLDER / "values.json")["definitions"]

    def rules(part):
        if part.get("$ref", "").startswith("values#"):
            part = values[part["$ref"].rpartition("/")[2]]
        return {key: part[key] for key in part.keys() - {"description"}}

    for each in template["required"]:
        assert rules(template["properties"][each]) == rules(resource["properties"][each])


# --- as they are served


def test_a_served_schema_has_its_address_as_id():
    document = schema.document("app", f"{ROOT}schema/")

    assert document["id"] == f"{ROOT}schema/app"
    assert document["properties"]["appID"]["$ref"] == "values#/definitions/uuid"
    assert schema.document("app", "https://other.example.org/")["id"].startswith("https://other")


@pytest.mark.parametrize("name", ["", "nonsense", "../setup", "app.json"])
def test_there_is_nothing_under_another_name(name):
    assert told(refusal(schema.document, name, ROOT)) == [(NotFound, None)]


# --- answers


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_answer_in_the_right_shape_is_accepted(name):
    assert schema.violations(name, make(name)) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_answer_that_lacks_something_is_not(name):
    document = make(name)

    for key in content(FOLDER / f"{name}.json")["required"]:
        assert schema.violations(name, without(document, key)) == [f"{key}: is required"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_answer_that_leads_nowhere_is_not(name):
    document = make(name)

    for relation in content(FOLDER / f"{name}.json")["properties"]["_links"]["required"]:
        expected = [f"_links/{relation}: is required"]
        assert schema.violations(name, without(document, "_links", relation)) == expected


@pytest.mark.parametrize("name", [f"{name}s" for name in RESOURCES] + ["app-stats"])
def test_an_empty_list_embeds_nothing(name):
    document = {**without(make(name), "_embedded"), "count": 0, "total": 0}

    assert schema.violations(name, document) == []
    assert schema.violations(name, {**document, "_embedded": {}}) != []


@pytest.mark.parametrize("name", [f"{name}s" for name in RESOURCES] + ["app-stats"])
def test_the_items_of_a_list_are_whole(name):
    (relation,) = make(name)["_embedded"]

    document = without(make(name), "_embedded", relation, 0, "_links", "self")

    expected = [f"_embedded/{relation}/0/_links/self: is required"]
    assert schema.violations(name, document) == expected


@pytest.mark.parametrize("name", ["build", "deployment"])
def test_a_run_may_still_be_running(name):
    assert schema.violations(name, running(make(name))) == []


@pytest.mark.parametrize(
    "name, value, path",
    [
        ("app", APP.upper(), ("appID",)),
        ("app", APP.replace("-4a37-", "-1a37-"), ("appID",)),
        ("app", "5079361", ("shortID",)),
        ("app", "2025-11-03T09:30:00Z", ("created",)),
        ("app", "2025-11-03T09:30:00.000Z\n", ("created",)),
        ("app", "٢٠٢٥-11-03T09:30:00.000Z", ("created",)),
        ("app", None, ("title",)),
        ("app", "/?appID=1", ("_links", "self", "href")),
        ("app", f"{ROOT[:-1]}?appID={APP}", ("_links", "self", "href")),
        ("app", None, ("_links", "up")),
        ("app", [], ("_links", "up")),
        ("app", False, ("_links", "ec:app/target/by-id", "templated")),
        ("app", f"{ROOT}schema/platform", ("_links", "self", "profile")),
        ("platform", [], ("_links", "ec:app/target")),
        ("platform", "text", ("config",)),
        ("build", "7", ("buildID",)),
        ("build", 2**31, ("buildID",)),
        ("build", True, ("buildID",)),
        ("build", None, ("successful",)),
        ("build", None, ("started",)),
        ("build", "DONE", ("status",)),
        ("build", None, ("finished",)),
        ("build", "RUNNING", ("status",)),
        ("build", 5, ("comment",)),
        ("build", {"email": "me@example.org"}, ("creator",)),
        ("build", {"type": "zipFile", "config": {}}, ("buildLocation",)),
        ("build", {"type": "containerImage", "config": {"url": ROOT}}, ("buildLocation",)),
        ("build", "0A" * 32, ("buildLocation", "config", "sha256")),
        ("build", "902", ("events", 0, "buildEventID")),
        ("build", "success", ("events", 0, "buildEventType")),
        ("build", None, ("events", 0, "temporary")),
        ("build", None, ("events", 0, "info")),
        ("deployment", "error", ("status",)),
        ("deployment", [], ("targetIDs",)),
        ("deployment", [TARGET, TARGET], ("targetIDs",)),
        ("deployment", [{"url": ROOT}], ("results",)),
        ("app-stat", 12, ("totalBuilds",)),
        ("app-stat", {"November": 1}, ("monthlyBuilds",)),
        ("app-stats", "/stats", ("_links", "self", "href")),
        ("apps", -1, ("count",)),
        ("apps", f"{ROOT}stats", ("_links", "ec:app-stats", "href")),
        ("app-plugin-types", None, ("platformTypes",)),
        ("app-plugin-types", True, ("targetTypes", 0, "configSchema")),
        ("error", 200, ("status",)),
        ("error", 201, ("code",)),
        ("error", None, ("detail",)),
        ("error", [], ("_embedded", "error")),
    ],
)
def test_an_answer_with_a_wrong_value_is_not_accepted(name, value, path):
    found = schema.violations(name, changed(make(name), value, *path))

    assert found
    # A violation is told where it lies, or where it shows: at the whole of what does not fit.
    assert any("/".join(map(str, path)) in each for each in found)


def test_a_build_without_success_has_no_location():
    failed = {**make("build"), "successful": "error", "status": "FAILED"}

    assert schema.violations("build", failed) != []
    assert schema.violations("build", {**failed, "buildLocation": None}) == []


def test_a_violation_tells_what_is_there_instead_but_not_all_of_it():
    document = changed(make("build"), "x" * 10000, "started")

    (sentence,) = schema.violations("build", document)

    assert sentence.startswith("started: does not have the right form: ")
    assert "xxx" in sentence and len(sentence) < 400


# --- what a client that normalises links sends back


def normalised(document):
    """A document as the official client sends it: all links in arrays, none without a word
    on whether it is a template."""
    links = {
        relation: [
            {**each, "templated": each.get("templated", False)}
            for each in (found if isinstance(found, list) else [found])
        ]
        for relation, found in document["_links"].items()
    }
    return {**document, "_links": links}


@pytest.mark.parametrize("name", WRITABLE)
def test_what_a_client_saves_is_accepted(name):
    document = {**normalised(make(name)), "unheard": "of"}

    assert schema.violations(name, document) == []


def test_links_that_a_client_made_itself_are_accepted():
    document = normalised(make("platform"))
    document["_links"]["ec:app/codesource"] = [{"href": f"{ROOT}codesource?codeSourceID={CODE}"}]
    document["_links"]["ec:app/datasource"] = [{"href": f"{ROOT}datasource?dataSourceID={DATA}"}]
    document["_links"]["ec:app/target"].append({"href": f"{ROOT}target?targetID={TARGET}"})

    assert schema.violations("platform", document) == []


def test_a_platform_has_one_code_source():
    document = normalised(make("platform"))
    document["_links"]["ec:app/codesource"] *= 2

    (sentence,) = schema.violations("platform", document)

    assert sentence.startswith("_links/ec:app/codesource: must have at most 1 item")


# --- bodies


@pytest.mark.parametrize(
    "name, body",
    [
        ("app-template", {"title": "x" * 500, "hexColor": "#abcDEF", "appID": 5, "what": "ever"}),
        ("platform-template", {"platformType": "website", "title": "t", "config": {}}),
        ("codesource-template", {"codeSourceType": "stub", "config": {"_title": "mine"}}),
        ("datasource-template", {"dataSourceType": "stub", "config": {}, "_links": {}}),
        ("target-template", {"targetType": "zipDownload", "config": {"x": None}}),
        ("build-template", {}),
        ("build-template", {"comment": None, "more": 1}),
        ("build-template", {"comment": "x" * 10000}),
        ("deployment-template", {"comment": "c", "outsideConfig": [1, "a"]}),
        *((f"{name}-template", make(name)) for name in WRITABLE),
        *((f"{name}-template", normalised(make(name))) for name in WRITABLE),
    ],
)
def test_a_body_in_the_right_shape_is_accepted(name, body):
    schema.check(name, body)


@pytest.mark.parametrize(
    "links",
    [
        {"ec:app/codesource": {"href": ROOT, "profile": ROOT, "templated": False}},
        {"ec:app/codesource": [{"href": ROOT}], "ec:app/target": []},
        {"ec:app/target": "for someone else to judge"},
    ],
)
def test_links_of_a_new_platform_may_have_any_shape(links):
    body = {"platformType": "website", "title": "t", "config": {}, "_links": links}

    schema.check("platform-template", body)


@pytest.mark.parametrize(
    "name, body, expected",
    [
        ("app-template", {}, [(MissingProperty, "title"), (MissingProperty, "hexColor")]),
        ("app-template", {"hexColor": "#d97706"}, [(MissingProperty, "title")]),
        (
            "app-template",
            {"hexColor": "red"},
            [(MissingProperty, "title"), (InvalidProperty, "hexColor")],
        ),
        (
            "app-template",
            {"hexColor": 5, "title": ""},
            [(InvalidProperty, "title"), (InvalidProperty, "hexColor")],
        ),
        (
            "app-template",
            {"title": "x" * 501, "hexColor": "#d97706\n"},
            [(InvalidProperty, "title"), (InvalidProperty, "hexColor")],
        ),
        (
            "platform-template",
            {"title": None, "_links": []},
            [
                (MissingProperty, "platformType"),
                (MissingProperty, "config"),
                (InvalidProperty, "title"),
                (InvalidProperty, "_links"),
            ],
        ),
        ("build-template", {"comment": 5}, [(InvalidProperty, "comment")]),
        ("build-template", {"comment": "x" * 10001}, [(InvalidProperty, "comment")]),
        ("deployment-template", {"comment": ["c"]}, [(InvalidProperty, "comment")]),
    ],
)
def test_a_wrong_body_is_refused_in_the_order_of_the_schema(name, body, expected):
    assert told(refusal(schema.check, name, body)) == expected


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_a_body_that_is_no_object_is_refused(name, body):
    error = refusal(schema.check, name, body)

    assert told(error) == [(InvalidProperty, None)]
    assert error.verbose == "the body must be an object"


def test_a_refusal_says_what_would_have_been_right():
    error = refusal(schema.check, "app-template", {"title": "", "hexColor": "secret"})

    assert error.verbose == "title must not be empty"
    told = "hexColor does not have the right form: The colour of the app, as in #d97706"
    assert error.others[0].verbose == told


# --- configs

CONFIG = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "id": "types/code-source/example",
    "type": "object",
    "properties": {
        "giturl": {"type": "string", "pattern": "^(https|ssh)://"},
        "branch": {"type": "string", "pattern": "^[^-]*$", "default": "main"},
        "depth": {"$ref": "#/definitions/positive"},
        "steps": {"type": "array", "items": {"$ref": "#/definitions/step"}, "uniqueItems": True},
        "mode": {"enum": ["fast", 1]},
        "mail": {"format": "email"},
        "home": {"type": "string", "format": "uri"},
    },
    "patternProperties": {"^x-[a-z]$": {"type": "string"}},
    "required": ["giturl", "branch"],
    "additionalProperties": False,
    "definitions": {
        "positive": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "step": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {"name": {"type": "string"}},
        },
    },
}
GOOD = {"giturl": "https://git.example.org/a", "branch": "main"}


def test_a_config_in_the_right_shape_is_accepted():
    steps = [{"name": "a"}, {"name": "b"}]

    schema.inspect(CONFIG)
    schema.check_config(CONFIG, {**GOOD, "depth": 1, "steps": steps, "mode": 1, "x-a": "b"})
    schema.check_config({}, {"any": ["thing", None]})


@pytest.mark.parametrize(
    "config, expected",
    [
        ([], [(InvalidProperty, "config")]),
        ({}, [(MissingProperty, "config/giturl"), (MissingProperty, "config/branch")]),
        ({"branch": "b", "giturl": "file:///etc"}, [(InvalidProperty, "config/giturl")]),
        ({**GOOD, "branch": "main\n-x"}, [(InvalidProperty, "config/branch")]),
        ({**GOOD, "depth": True}, [(InvalidProperty, "config/depth")]),
        ({**GOOD, "depth": 0}, [(InvalidProperty, "config/depth")]),
        ({**GOOD, "mode": True}, [(InvalidProperty, "config/mode")]),
        ({**GOOD, "mail": "nobody"}, [(InvalidProperty, "config/mail")]),
        ({**GOOD, "home": "not an address"}, [(InvalidProperty, "config/home")]),
        ({**GOOD, "x-a": 1}, [(InvalidProperty, "config/x-a")]),
        ({**GOOD, "steps": [{"name": "a"}, {}]}, [(MissingProperty, "config/steps/1/name")]),
        ({**GOOD, "steps": [{"name": "a"}] * 2}, [(InvalidProperty, "config/steps")]),
        (
            {**GOOD, "x-a\n": "", "steps": [{"name": 1, "extra": 2}]},
            [
                (InvalidProperty, "config/steps/0/name"),
                (Unmatched, "extra is not a property that is known here"),
                (Unmatched, "x-a\n is not a property that is known here"),
            ],
        ),
    ],
)
def test_a_wrong_config_is_refused_with_its_paths(config, expected):
    assert told(refusal(schema.check_config, CONFIG, config)) == expected


def test_a_property_too_many_is_named_with_its_path():
    error = refusal(schema.check_config, CONFIG, {**GOOD, "steps": [{"name": "a", "b": 1}]})

    assert isinstance(error, Unmatched)
    assert error.detail == "b is not a property that is known here"
    assert error.verbose == "config/steps/0/b"


def test_a_config_may_lie_elsewhere():
    error = refusal(schema.check_config, CONFIG, {}, at="typeConfig")

    assert error.detail == "typeConfig/giturl"


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_a_choice_of_properties_is_told_by_their_names(keyword):
    either = {keyword: [{"required": ["id"]}, {"required": ["url", "model"]}]}

    error = refusal(schema.check_config, either, {})

    assert told(error) == [(InvalidProperty, "config")]
    assert error.verbose == "config must have either id or url and model"


@pytest.mark.parametrize(
    "rule, value, sentence",
    [
        ({"type": ["string", "null"]}, 5, "must be a string or null"),
        ({"type": "boolean"}, 1, "must be true or false"),
        ({"type": "number"}, True, "must be a number"),
        ({"minimum": 1}, 0, "must be at least 1"),
        ({"maximum": 1, "exclusiveMaximum": True}, 1, "must be less than 1"),
        ({"minLength": 2}, "a", "must have at least 2 characters"),
        ({"maxLength": 1}, "ab", "must have at most 1 character"),
        ({"minItems": 1}, [], "must have at least 1 item"),
        ({"maxItems": 0}, [1], "must have at most 0 items"),
        ({"minProperties": 1}, {}, "must have at least 1 member"),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, "must have at most 1 member"),
        ({"multipleOf": 2}, 3, "must be a multiple of 2"),
        ({"enum": ["a", 1]}, "b", 'must be one of "a", 1'),
        ({"format": "date-time"}, "today", "must have the format date-time"),
        ({"not": {}}, 1, "has a form that it must not have"),
        ({"dependencies": {"a": ["b"]}}, {"a": 1}, "lacks a property that another one needs"),
        ({"anyOf": [{"type": "null"}]}, 1, "does not have any of the forms that it may have"),
    ],
)
def test_a_violation_is_told_in_words(rule, value, sentence):
    wanted = {"properties": {"it": rule}}

    schema.inspect(wanted)
    error = refusal(schema.check_config, wanted, {"it": value})

    assert (type(error), error.detail) == (InvalidProperty, "config/it")
    assert error.verbose == f"it {sentence}"


# --- bodies and configs of bad will


def test_a_refusal_never_repeats_what_was_sent():
    error = refusal(schema.check, "build-template", {"comment": ["hush" * 100000]})

    assert "hush" not in str(vars(error))


def test_a_long_name_is_cut():
    error = refusal(schema.check_config, CONFIG, {**GOOD, "n" * 100000: 1})

    assert len(error.detail) < 400 and len(error.verbose) < 400


def test_no_more_violations_are_told_than_one_can_read():
    error = refusal(schema.check_config, CONFIG, {str(n): n for n in range(100000)})

    assert 1 + len(error.others) == schema.LIMIT


def test_many_different_items_are_compared_in_one_go():
    rule = {"uniqueItems": True}
    items = [[n, str(n), {"n": n}] for n in range(20000)] + list(range(20000))

    schema.check_config(rule, items)
    error = refusal(schema.check_config, rule, [*items, 7])

    assert error.verbose == "config must not have any item twice"


# --- schemas of plugins


@pytest.mark.parametrize(
    "unreliable, reason",
    [
        (None, "must be an object"),
        ([], "must be an object"),
        ({"required": []}, "at required: must have at least 1 item"),
        ({"exclusiveMinimum": 3}, "at exclusiveMinimum"),
        ({"properties": {"a": True}}, "at properties/a: must be an object"),
        ({"pattern": "("}, "at pattern"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "is not draft-04"),
        ({"$ref": "https://example.org/schema"}, "refers to something outside of it: https:"),
        ({"items": [{"anyOf": [{"$ref": "app"}]}]}, "refers to something outside of it: app"),
        ({"$ref": "#/definitions/a"}, "leads nowhere"),
        ({"title": "a", "$ref": "#/title"}, "leads nowhere"),
        ({"$ref": "#"}, "refers to itself"),
        ({"properties": {"a": {"allOf": [{"not": {"$ref": "#/properties/a"}}]}}}, "itself"),
        ({"items": {"id": "https://example.org/", "$ref": "#"}}, "an id below the top"),
    ],
)
def test_a_schema_that_cannot_be_relied_on_is_refused(unreliable, reason):
    with pytest.raises(UsageError) as caught:
        schema.inspect(unreliable, "The config schema of the code source example")

    assert str(caught.value).startswith("The config schema of the code source example ")
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "reliable",
    [
        {},
        CONFIG,
        {"properties": {"children": {"items": {"$ref": "#"}}}},
        {"properties": {"$ref": {"type": "string"}, "id": {"type": "string"}, "not": {}}},
        {"enum": [{"$ref": "https://example.org/", "id": "x"}]},
        {"properties": {"a": {"default": {"$ref": "https://example.org/"}}}},
    ],
)
def test_a_schema_that_can_be_relied_on_is_not(reliable):
    schema.inspect(reliable)


def test_a_reference_to_elsewhere_is_never_followed(monkeypatch):
    def refuse(*arguments, **more):
        raise AssertionError("somebody opened a connection")

    monkeypatch.setattr(socket, "socket", refuse)

    with pytest.raises(Exception, match="Unresolvable"):
        schema.check_config({"$ref": "http://127.0.0.1:9/schema"}, {})
