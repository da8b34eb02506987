"""The rooms of the house, and which doors are open."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ec_builds"
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

#: From the ground up: a room may import the rooms named after it, and itself.
ROOMS = {
    "__init__": "",
    "states": "",
    "errors": "",
    "logs": "",
    "metrics": "",
    "config": "errors",
    "schema": "errors",
    "lists": "errors",
    "urls": "lists",
    "hal": "",
    "network": "errors",
    "storage": "errors",
    "uploads": "errors",
    "manifest": "errors",
    "oci": "errors network",
    "plugins": "errors network manifest oci",
    "store": "errors states",
    "auth": "errors store",
    "engine": "errors logs metrics states oci plugins storage store",
    "services": (
        "errors logs states schema lists network storage manifest oci plugins store auth"
    ),
    "watch": "errors logs states storage store",
    "runtime": (
        "errors config metrics network oci plugins storage store auth engine"
        " services uploads watch"
    ),
    "web": "errors logs schema urls hal uploads auth runtime",
    "api": "errors states lists hal services web __init__",
    "faces": "errors states manifest services auth web __init__",
    "pages": "errors metrics schema hal runtime web api __init__",
    "app": "web api faces pages",
    "server": "logs config runtime app",
    "client": "",
    "cli": "errors logs config schema urls hal uploads runtime server client __init__",
    "__main__": "cli",
}
#: Guests from outside, and the rooms they may enter.
GUESTS = {
    "flask": "web api faces pages app",
    "flask_smorest": "web pages",
    "flask_swagger_ui": "pages",
    "werkzeug": "web",
    "multipart": "web",
    "webargs": "web",
    "marshmallow": "api",
    "jsonschema": "schema",
    "referencing": "schema",
    "yaml": "manifest",
    "defusedxml": "faces",
    "peewee": "store",
    "playhouse": "",
    "psycopg": "store",
    "cryptography": "store",
    "jwt": "auth",
    "limits": "config auth",
    "deflate": "engine",
    "zlib_ng": "plugins engine",
    "httpx": "network oci client cli",
    "httpcore": "network",
    "uritemplate": "client",
    "gunicorn": "cli",
    "click": "cli",
    "rich": "cli",
    "prometheus_client": "metrics pages",
    "ahocorasick_rs": "engine",
    "platformdirs": "config",
}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_keeps_to_its_doors(module):
    here = module.parts[0].removesuffix(".py")
    for name in imported(PACKAGE / module):
        package, *there = name.split(".")
        if package == "ec_builds":
            room = "__init__" if there[0].startswith("__") else there[0]
            assert room in {here, *ROOMS[here].split()}, name
        elif package in GUESTS:
            assert here in GUESTS[package].split(), name


def test_every_room_is_in_the_table():
    assert {module.parts[0].removesuffix(".py") for module in MODULES} <= ROOMS.keys()


def test_no_door_leads_back():
    below = set()
    for here, doors in ROOMS.items():
        assert below.issuperset(doors.split()), here
        below.add(here)


def test_nothing_is_called_by_what_it_is_not():
    names = {part.removesuffix(".py") for module in MODULES for part in module.parts}
    assert not names & {"utils", "helpers", "common", "base", "manager", "misc"}
