"""A test client that holds every answer against its JSON Schema."""

import re
from functools import cache

import jsonschema_rs
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header

from ec_builds import schema
from ec_builds.faces import djinn, hathora
from ec_builds.pages.headers import OF_ANSWERS
from ec_builds.pages.openapi import EXTENSION

#: Path of resources whose `self` has no profile: the schemas of their lists and of their items.
WITHOUT_PROFILE = {"/stats": ("app-stats", "app-stat")}


def schema_of(path, document):
    """The name of the schema that a HAL document has to fit."""
    profile = document["_links"]["self"].get("profile")
    if profile:
        return profile.rpartition("/")[2]
    of_list, of_item = WITHOUT_PROFILE[path]
    return of_list if "count" in document else of_item


def references(part):
    """All `$ref` in a schema."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


@cache
def validators():
    """For each schema, what says at once whether a document fits; it cannot say what is wrong."""
    schemas = [(each, schema.document(each, schema.LOCAL)) for each in schema.names()]
    registry = jsonschema_rs.Registry(schemas)
    return {
        name: jsonschema_rs.Draft4Validator(document, registry=registry, validate_formats=True)
        for name, document in schemas
    }


def violations(name, document):
    """What is wrong with a document, as sentences. Most are right, which is seen at once."""
    return [] if validators()[name].is_valid(document) else schema.violations(name, document)


def check(method, path, answer):
    """Fail if an answer is not what its media type and its schema promise."""
    if not answer.data or method == "HEAD":
        return
    if answer.mimetype == "application/hal+json":
        assert violations(schema_of(path, answer.json), answer.json) == []
    elif answer.status_code >= 400 and djinn.PATH.fullmatch(path):
        check_refusal(answer)
    elif answer.status_code >= 400 and hathora.PATH.fullmatch(path):
        check_message(answer)
    elif answer.status_code >= 400 and answer.mimetype != "text/html":
        assert answer.mimetype == "application/problem+json", answer.data[:200]
        assert violations("error", answer.json) == []
        assert answer.json["status"] == answer.status_code
        assert answer.status_code != 500, answer.json


def check_refusal(answer):
    """Fail if an answer of the Djinn face does not say no in its own way."""
    assert answer.mimetype == "application/json", answer.data[:200]
    assert answer.status_code != 500, answer.json
    told = answer.json.values()
    if answer.status_code == 400:
        assert all(isinstance(text, str) for texts in told for text in texts), answer.json
    else:
        assert answer.json.keys() == {"message"}, answer.json


def check_message(answer):
    """Fail if an answer of the Hathora face does not say no in its own way."""
    assert answer.mimetype == "application/json", answer.data[:200]
    assert answer.status_code != 500, answer.json
    assert answer.json.keys() == {"message"} and answer.json["message"].strip(), answer.json


def described(application, answer):
    """What the OpenAPI document says of the operation that was asked for, if it says anything."""
    method = {"HEAD": "GET"}.get(answer.request.method, answer.request.method)
    try:
        adapter = application.url_map.bind_to_environ(answer.request.environ)
        rule, _ = adapter.match(method=method, return_rule=True)
    except HTTPException:
        return None
    path = re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule)
    return application.extensions[EXTENSION].paths.get(path, {}).get(method.lower())


def check_description(operation, answer):
    """Fail if an answer is not what the OpenAPI document says of its operation.

    Its status, its media type, the code of an error, and the headers that the document knows.
    """
    where = f"{answer.request.method} {answer.request.path}: {answer.status}"
    told = operation["responses"].get(str(answer.status_code))
    assert told is not None, f"{where} is not described: {answer.text[:200]}"
    if answer.data:
        types = {parse_options_header(name)[0] for name in told.get("content", ())}
        assert answer.mimetype in types, f"{where} is {answer.mimetype}"
        if answer.mimetype == "application/problem+json":
            assert str(answer.json["code"]) in told["description"], f"{where}: {answer.json}"
    for name, about in OF_ANSWERS.items():
        header, value = told["headers"].get(name), answer.headers.get(name)
        if value is None:
            needed = header is not None and header.get("required", True)
            assert not needed, f"{where} has no {name}"
        else:
            assert header is not None, f"{where} has {name}, which is not described"
            fits = Draft202012Validator(about["schema"]).is_valid(value)
            assert fits, f"{where}: {name}: {value}"


class CheckingClient(FlaskClient):
    """A client whose every answer is checked."""

    def open(self, *arguments, **options):
        options.setdefault("buffered", True)  # so that files are closed
        answer = super().open(*arguments, **options)
        method, path = answer.request.method, answer.request.path
        check(method, path, answer)
        operation = described(self.application, answer)
        if operation:
            check_description(operation, answer)
        return answer
