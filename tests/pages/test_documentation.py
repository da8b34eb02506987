"""Pages for people: behind every relation, and behind every error code."""

import ast
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit

import pytest

import ec_builds
from ec_builds import errors, schema
from ec_builds.auth.policy import Policy
from ec_builds.hal import relations
from ec_builds.hal.relations import MEANINGS
from ec_builds.pages.documentation import codes
from ec_builds.pages.openapi import EXTENSION
from ec_builds.pages.relations import methods
from ec_builds.plugins.registry import Plugins
from ec_builds.services.types import Types
from ec_builds.urls import Urls
from ec_builds.web.current import EXTENSION as RUNTIME
from tests.checking import schema_of

PACKAGE = Path(ec_builds.__file__).parent
#: Codes of reference 4.2 that are sent here, with their status and title.
REFERENCE = {
    3000: (500, "Internal Error"),
    3003: (503, "Service currently unavailable"),
    3100: (404, "Resource not found"),
    3101: (404, "No resource entity matching body property filter found"),
    3102: (404, "No resource entity matching query string filter found"),
    3110: (405, "Method not allowed"),
    3112: (412, "Somebody else changed the resource"),
    3200: (400, "Missing body"),
    3201: (400, "Missing property in JSON body"),
    3202: (400, "Missing property in query string"),
    3204: (400, "Missing HAL link or embed in JSON body"),
    3211: (400, "Invalid format for property in JSON body"),
    3212: (400, "Invalid format for property in query string"),
    3214: (400, "Invalid linked or embedded HAL resource in JSON body, or link not found"),
    3215: (400, "Resource cannot be sorted after given property"),
    3216: (400, "Resource cannot be filtered with given property"),
    3217: (400, "Resource cannot be range-filtered with given property"),
    3252: (400, "Unmatched validation error"),
    3311: (400, "Invalid value for property in JSON body"),
    3370: (403, "Cannot delete Resource. Is used."),
    3400: (401, "Missing Access Token"),
    3401: (401, "Invalid Access Token"),
    3402: (401, "Outdated Access Token"),
    3410: (401, "Insufficient rights to access the requested resource"),
}


class Links(HTMLParser):
    """The addresses of a page, and its text."""

    def __init__(self, page):
        super().__init__()
        self.addresses, self.text, self.open = [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.addresses += [value for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data):
        self.text += data


def classes(error=errors.ECError):
    """All classes of errors of ours."""
    return {error, *(each for sub in error.__subclasses__() for each in classes(sub))}


def first_sentence(error):
    """What the page of an error says first."""
    return error.__doc__.splitlines()[0].replace("`", "")


def test_every_relation_has_a_page_behind_its_curie(client, anonymous):
    [curie] = client.get("/").json["_links"]["curies"]
    for name, meaning in MEANINGS.items():
        prefix, _, rest = name.partition(":")
        page = anonymous.get(curie["href"].replace("{rel}", rest))

        assert prefix == curie["name"]
        assert (page.status_code, page.mimetype) == (200, "text/html")
        text = Links(page.text).text
        assert name in text and meaning in text


def test_the_page_of_a_relation_says_what_can_be_done_there(anonymous):
    page = anonymous.get("/doc/relation/app/build/cancel")

    text = " ".join(html.unescape(re.sub("<.*?>", " ", page.text)).split())
    assert "POST Cancel a build that has not ended" in text
    assert "buildID required" in text and "405 3110 Method not allowed" in text
    assert "http://localhost/doc/error/3110" in Links(page.text).addresses
    assert (
        'curl -X POST -H "Authorization: Bearer $TOKEN" '
        '"http://localhost/platform/build/cancel?buildID=12"'
    ) in text
    assert '"status": "CANCELLING"' in text


@pytest.fixture(scope="session")
def every_method(application):
    """What the pages say of each method behind each relation."""
    paths, urls = application.extensions[EXTENSION].paths, Urls("http://localhost/")
    with application.test_request_context():
        application.extensions[RUNTIME] = SimpleNamespace(
            policy=Policy(), types=Types(Plugins.installed())
        )
        return {name: methods(name, paths, urls) for name in MEANINGS}


def test_every_method_of_the_api_is_on_some_page(application, every_method):
    shown = {
        (each.name, urlsplit(re.search(r'"(http.*?)"', each.request)[1]).path)
        for found in every_method.values() for each in found
    }
    paths = application.extensions[EXTENSION].paths

    assert shown == {
        (method.upper(), path)
        for path, described in paths.items() if "{" not in path
        for method in described if "security" not in described[method]
    }


def test_examples_are_what_the_schemas_say(every_method):
    checked = set()
    for name, found in every_method.items():
        for each in found:
            if each.body:
                body = each.request.partition("-d '")[2].removesuffix("'")
                assert schema.violations(each.body, json.loads(body)) == [], name
                checked.add(each.body)
            if each.answer.startswith("{"):
                document = json.loads(each.answer)
                kind = schema_of(urlsplit(document["_links"]["self"]["href"]).path, document)
                assert schema.violations(kind, document) == [], name
                checked.add(kind)

    parts_of_others = {"error", "hal", "run", "values"}
    assert checked == set(schema.names()) - parts_of_others


@pytest.mark.parametrize(
    "relation, request_, answer",
    [
        ("ec:app/build/log", "curl -H", "$ npm ci\nadded 212"),
        ("ec:app/build/events/stream", "curl -N -H", "event: event\nid: 41-0\ndata: {"),
    ],
)
def test_what_is_no_hal_has_examples_as_well(every_method, relation, request_, answer):
    [shown] = every_method[relation]

    assert shown.request.startswith(request_) and shown.answer.startswith(answer)


def test_every_relation_that_is_used_has_a_meaning():
    named = {
        value for name, value in vars(relations).items()
        if name.isupper() and isinstance(value, str)
    }
    written = set()
    for path in PACKAGE.rglob("*.py"):
        written |= set(re.findall(r'"(ec:[a-z/-]+)"', path.read_text()))

    assert named == set(MEANINGS)
    assert written <= named


def test_every_error_code_has_a_page_behind_its_type(client, anonymous):
    problem = client.get("/nowhere").json
    assert problem["type"] == problem["_links"]["describedby"]["href"]

    for code, error in codes().items():
        page = anonymous.get(problem["type"].replace("3100", str(code)))
        text = Links(page.text).text
        assert (page.status_code, page.mimetype) == (200, "text/html")
        assert str(code) in text and error.title in text
        assert first_sentence(error) in text
        assert f"status {error.status}" in text


def test_every_error_that_is_raised_is_documented_once():
    documented = codes()
    numbers = [error.code for error in classes() - {errors.ECError}]

    assert sorted(numbers) == sorted(documented)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "ec_builds.errors":
                for name in node.names:
                    error = getattr(errors, name.name)
                    assert not hasattr(error, "code") or error.code in documented


def test_codes_are_those_of_the_reference_and_some_of_ours():
    ours = {code: (error.status, error.title) for code, error in codes().items()}

    assert {code: ours[code] for code in REFERENCE} == REFERENCE
    assert all(code % 1000 > 110 for code in ours.keys() - REFERENCE.keys())
    for code, error in codes().items():
        assert 3000 <= code <= 3999
        assert 400 <= error.status <= 599
        assert error.title and first_sentence(error).endswith(".")


def test_pages_lead_to_each_other_and_to_nowhere_else(anonymous):
    waiting, met = ["http://localhost/doc/relation/", "http://localhost/doc/error/"], set()
    while waiting:
        address = waiting.pop()
        if address in met:
            continue
        met.add(address)
        page = anonymous.get(address)
        assert page.status_code == 200, address
        assert urlsplit(address).netloc == "localhost"
        if "/doc/" in address:
            waiting += [urljoin(address, each) for each in Links(page.text).addresses]

    assert len(met) > len(MEANINGS) + len(codes())


def test_a_page_is_safe_from_what_its_address_says(anonymous):
    for path in ("/doc/relation/<b>", "/doc/relation/%3Cscript%3E", "/doc/error/0"):
        assert anonymous.get(path).json["code"] == 3100
