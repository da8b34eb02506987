"""The README's tables tell the truth about the code."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ec_builds.auth.scopes import ALLOWED
from ec_builds.cli import COMMANDS
from ec_builds.config import Config
from ec_builds.errors import ECError
from ec_builds.plugins.registry import KINDS, Plugins
from tests.test_layers import ROOMS

README = (Path(__file__).parents[1] / "README.rst").read_text()
WORDS = {
    "codesource": "code source",
    "datasource": "data source",
    "platform": "platform",
    "target": "target",
    "driver": "driver",
}


def rows(heading):
    """The rows of the table below a heading, as tuples of cells."""
    section = re.search(rf"\n{heading}\n-+\n(.*?)(?=\n\n\n|\Z)", README, re.S)[1]
    lines = section.splitlines()
    rulers = [number for number, line in enumerate(lines) if re.fullmatch(r"=+( =+)+", line)]
    starts = [match.start() for match in re.finditer("=+", lines[rulers[0]])]
    ends = [*starts[1:], None]
    table = []
    for line in lines[rulers[1] + 1 : rulers[2]]:
        cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        if cells[0]:
            table.append(cells)
        else:  # a cell goes on
            table[-1] = [f"{old} {new}".strip() for old, new in zip(table[-1], cells, strict=True)]
    return table


def tree(error=ECError):
    """An error and all errors below it."""
    yield error
    for each in error.__subclasses__():
        yield from tree(each)


def errors():
    return {each.code: each for each in tree() if each is not ECError}


def test_every_setting_is_there():
    settings = [each.metadata for each in fields(Config)]

    told = [f"``{each['variable']}``" for each in settings]

    assert rows("Settings") == [
        [name, each["shown"], each["help"]] for name, each in zip(told, settings, strict=True)
    ]


def test_every_error_is_there():
    ours = sorted(errors().items())

    assert rows("Errors") == [[str(code), str(each.status), each.title] for code, each in ours]


def test_every_error_has_a_code_of_its_own():
    assert len(errors()) == len(list(tree())) - 1


def test_every_plugin_is_there():
    plugins = Plugins.installed()
    ours = [
        [WORDS[kind], type]
        for kind in KINDS
        for type in plugins.types(kind)
        if plugins.get(kind, type).__module__.startswith("ec_builds.")
    ]

    assert sorted(row[:2] for row in rows("Plugins")) == sorted(ours)


def test_every_command_is_there():
    told = [re.search(r"ec-builds (\w+)", row[0])[1] for row in rows("Commands")]

    assert sorted(told) == sorted(COMMANDS)


def test_every_scope_is_there():
    told = [[f"``{scope}``", allowed] for scope, allowed in ALLOWED.items()]

    assert rows("Accounts and tokens") == told


def test_the_doors_are_those_that_are_tested():
    names = [row[0].strip("`/").removesuffix(".py") for row in rows("The house")]
    doors = dict(zip(names, [row[2] for row in rows("The house")], strict=True))

    assert doors == {room: ", ".join(open.split()) or "–" for room, open in ROOMS.items()}


@pytest.mark.parametrize(
    "line",
    [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/ec-builds demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
    ],
)
def test_the_two_lines_are_there(line):
    assert f"\n    {line}\n" in README


def test_ci_calls_the_second_line():
    line = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"

    assert line in (Path(__file__).parents[1] / ".ci/run").read_text().splitlines()
