"""A test client that holds every answer against its JSON Schema."""

from flask.testing import FlaskClient

from ec_builds import schema
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


def check(method, path, answer):
    """Fail if an answer is not what its media type and its schema promise."""
    if not answer.data or method == "HEAD":
        return
    if answer.mimetype == "application/hal+json":
        assert schema.violations(schema_of(path, answer.json), answer.json) == []
    elif answer.status_code >= 400 and answer.mimetype != "text/html":
        assert answer.mimetype == "application/problem+json", answer.data[:200]
        assert schema.violations("error", answer.json) == []
        assert answer.json["status"] == answer.status_code
        assert answer.status_code != 500, answer.json


def check_description(paths, method, path, answer):
    """Fail if the OpenAPI document does not know that this address may answer with this error."""
    described = paths.get(path, {}).get({"HEAD": "get"}.get(method, method.lower()))
    if described and answer.mimetype == "application/problem+json" and answer.data:
        told = described["responses"].get(str(answer.status_code), {"description": "nothing"})
        code = str(answer.json["code"])
        assert code in told["description"], f"{method} {path} answers {code}: {answer.json}"


class CheckingClient(FlaskClient):
    """A client whose every answer is checked."""

    def open(self, *arguments, **options):
        options.setdefault("buffered", True)  # so that files are closed
        answer = super().open(*arguments, **options)
        method, path = answer.request.method, answer.request.path
        check(method, path, answer)
        check_description(self.application.extensions[EXTENSION].paths, method, path, answer)
        return answer
