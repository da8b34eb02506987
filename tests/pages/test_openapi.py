"""The OpenAPI document, and the page that shows it without the internet."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from ec_builds import schema
from ec_builds.pages.headers import OF_STATUSES

METHODS = {"get", "post", "put", "delete"}


@pytest.fixture
def document(anonymous):
    return anonymous.get("/openapi.json").json


def parts(value, path=""):
    """Everything in the document, with where it is."""
    yield path, value
    if isinstance(value, dict):
        for name, each in value.items():
            yield from parts(each, f"{path}/{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from parts(each, f"{path}/{number}")


def resolve(document, reference):
    assert reference.startswith("#/"), reference
    for step in reference[2:].split("/"):
        document = document[step.replace("~1", "/").replace("~0", "~")]
    return document


def operations(document):
    for path, methods in document["paths"].items():
        for method in METHODS & methods.keys():
            yield path, method, methods[method]


def test_every_reference_leads_somewhere(document):
    references = [value["$ref"] for _, value in parts(document)
                  if isinstance(value, dict) and isinstance(value.get("$ref"), str)]

    assert len(references) > 100
    for reference in references:
        assert isinstance(resolve(document, reference), dict)


def test_every_address_of_the_native_face_is_in_it(application, document):
    rules = {}
    for rule in application.url_map.iter_rules():
        if getattr(application.view_functions[rule.endpoint], "view_class", None):
            path = re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule)
            rules[path] = {method.lower() for method in rule.methods} & METHODS

    guarded = {}
    for path, method, operation in operations(document):
        if "security" not in operation:
            guarded.setdefault(path, set()).add(method)
    assert rules == guarded
    assert len(rules) >= 22


def test_what_needs_no_token_says_so(anonymous, document):
    public = {
        path for path, _, operation in operations(document) if operation.get("security") == []
    }

    assert public == {"/healthz", "/readyz", "/schema/{name}", "/schema/types/{part}/{type}"}
    for path, method, operation in operations(document):
        stranger = {"REMOTE_ADDR": "192.0.2.7"}  # whom even figures are not told
        path_of_one = re.sub("{.*?}", "1", path)
        answer = anonymous.open(path_of_one, method=method, environ_overrides=stranger)
        assert (answer.status_code == 401) == (path not in public), path
        assert ("401" in operation["responses"]) == (path not in public), path


def test_it_is_valid(document):
    OpenAPIV31SpecValidator(document).validate()


def test_every_operation_says_what_it_takes_and_what_it_answers(document):
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        statuses = set(operation["responses"])
        refusals = {each for each in statuses if each >= "400"}
        assert statuses - refusals <= {"200", "201", "204", "206", "304"}, where
        assert {"400", "405", "429", "503"} <= refusals and "default" not in statuses, where
        for each in refusals:
            assert re.match(r"3\d{3} \w", operation["responses"][each]["description"]), where
        is_stream = path.endswith("/stream")  # which may have nothing left to tell
        assert len(statuses & {"200", "201", "204"}) == (2 if is_stream else 1), where
        is_action = method == "post" and "get" not in document["paths"][path]
        is_action = is_action and "address-template" not in str(operation)
        takes_body = method in ("post", "put") and not is_action
        assert ("requestBody" in operation) == takes_body, where
        names = [(each["in"], each["name"]) for each in operation.get("parameters", [])]
        assert len(names) == len(set(names)), where
        inside = set(re.findall(r"{(\w+)}", path))
        declared = {
            each["name"]
            for each in [*operation.get("parameters", []),
                         *document["paths"][path].get("parameters", [])]
            if each["in"] == "path"
        }
        assert declared == inside, where


def test_a_get_answers_with_a_list_or_with_one(document):
    for path, names in {
        "/": ["apps", "app"],
        "/target": ["targets", "target"],
        "/platform/build": ["builds", "build"],
        "/stats": ["app-stats", "app-stat"],
    }.items():
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        assert content == {"application/hal+json": {"schema": {"oneOf": [
            {"$ref": f"#/components/schemas/{name}"} for name in names
        ]}}}


def test_errors_are_problems(document):
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/error"}}
                }


def test_answers_say_which_headers_they_have(document):
    for path, methods in document["paths"].items():
        for method in METHODS & methods.keys():
            for status, response in methods[method]["responses"].items():
                told = {
                    name: resolve(document, header["$ref"]) if "$ref" in header else header
                    for name, header in response["headers"].items()
                }
                needed = {name for name, header in told.items() if header["required"]}
                assert {"X-Request-ID", *OF_STATUSES.get(status, ())} <= needed, (path, status)


def test_every_schema_is_a_component_that_newer_drafts_understand(document):
    components = document["components"]["schemas"]

    assert {*schema.names()} <= set(components)
    for name, component in components.items():
        Draft202012Validator.check_schema(component)
        for path, value in parts(component):
            assert not path.endswith(("/$schema", "/exclusiveMinimum", "/exclusiveMaximum")), name


def test_a_token_may_come_in_two_ways(document):
    schemes = document["components"]["securitySchemes"]

    assert schemes["header"]["scheme"] == "bearer"
    assert (schemes["query"]["in"], schemes["query"]["name"]) == ("query", "_token")
    assert document["security"] == [{"header": []}, {"query": []}]
    assert document["openapi"].startswith("3.1.")


def test_the_page_loads_everything_from_this_server(anonymous):
    page = anonymous.get("/docs/")

    assert (page.status_code, page.mimetype) == (200, "text/html")
    loaded = re.findall(r"(?:src|href)\s*=\s*[\"']([^\"']+)", page.text)
    assert any(name.endswith(".js") for name in loaded)
    assert any(name.endswith(".css") for name in loaded)
    for name in loaded:
        address = urljoin("http://localhost/docs/", name)
        assert urlsplit(address).netloc == "localhost"
        assert anonymous.get(address).status_code == 200, name
    assert {urlsplit(each).netloc for each in re.findall(r"https?://[^\s\"']+", page.text)} <= {
        "localhost"
    }
    assert '"url": "../openapi.json"' in page.text
    assert '"validatorUrl": "none"' in page.text


def test_the_page_is_found_without_the_slash_at_its_end(anonymous):
    answer = anonymous.get("/docs")

    assert answer.status_code == 308
    assert urljoin("http://localhost/", answer.headers["Location"]) == "http://localhost/docs/"
