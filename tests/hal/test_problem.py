"""Errors as problem documents (reference 4.1)."""

from ec_builds import schema
from ec_builds.errors import InternalError, InvalidProperty, MissingProperty
from ec_builds.hal.problem import problem
from ec_builds.urls import Urls

urls = Urls("https://builds.example.com/")


def test_a_problem_says_what_is_wrong_with_what():
    error = MissingProperty("title", "title is missing")

    document = problem(error, urls, "https://builds.example.com/?appID=1", "abc")

    page = "https://builds.example.com/doc/error/3201"
    assert document == {
        "status": 400,
        "code": 3201,
        "title": "Missing property in JSON body",
        "type": page,
        "detail": "title",
        "verbose": "title is missing",
        "requestID": "abc",
        "_links": {
            "self": {"href": "https://builds.example.com/?appID=1"},
            "up": {"href": "https://builds.example.com/", "title": "App Manager"},
            "describedby": {"href": page, "title": "Error Description"},
        },
    }
    assert schema.violations("error", document) == []


def test_what_is_not_known_is_left_out():
    document = problem(InternalError(), urls)

    assert document.keys() == {"status", "code", "title", "type", "_links"}
    assert document["_links"]["self"] == {"href": "https://builds.example.com/"}


def test_an_empty_detail_is_a_detail():
    assert problem(InvalidProperty(""), urls)["detail"] == ""


def test_further_errors_are_embedded():
    error = MissingProperty("title", others=[InvalidProperty("hexColor", "hexColor must match")])

    document = problem(error, urls)

    assert document["_embedded"]["error"] == [
        {
            "code": 3211,
            "title": "Invalid format for property in JSON body",
            "type": "https://builds.example.com/doc/error/3211",
            "detail": "hexColor",
            "verbose": "hexColor must match",
        }
    ]
    assert schema.violations("error", document) == []
