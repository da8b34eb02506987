"""What the journal lets through to the database."""

import pytest

from ec_builds.engine.journal import LONGEST, plain


@pytest.mark.parametrize(
    "value, kept",
    [
        ("a\0b", "a�b"),
        ("half \ud800", "half ?"),
        ({"a": ("b", {"c": None})}, {"a": ["b", {"c": None}]}),
        ({1: 2.5, "x": True}, {"1": 2.5, "x": True}),
        ({"path": __import__("pathlib").Path("/a")}, {"path": "/a"}),
    ],
)
def test_values_become_plain(value, kept):
    assert plain(value) == kept


def test_a_long_text_keeps_its_end():
    text = plain("x" * LONGEST + "the reason")

    assert text.startswith("… ")
    assert text.endswith("the reason")
    assert len(text) == LONGEST + 2
