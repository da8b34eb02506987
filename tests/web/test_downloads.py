"""Which part of a file is asked for, and what types files have."""

import pytest

from ec_builds.web.downloads import content_type, wanted_range

#: A number with more digits than Python reads.
MANY = "9" * 5000


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("bytes=0-9", "bytes=0-9"),
        ("bytes=5-", "bytes=5-"),
        ("bytes=-3", "bytes=97-99"),
        ("bytes=-100000", "bytes=0-99"),
        ("bytes=100-", "bytes=100-"),
        ("bytes=-0", "bytes=100-"),
        ("bytes=9-1", None),
        ("bytes=-", None),
        ("bytes=abc", None),
        ("bytes=0-0,2-3", None),
        ("items=0-1", None),
        ("bytes=٣-٤", None),
        ("Bytes=0-9", "bytes=0-9"),
        ("bytes=007-009", "bytes=7-9"),
        ("bytes=0-99", "bytes=0-99"),
        (f"bytes={MANY}-", "bytes=100-"),
        (f"bytes={MANY}-{MANY}", "bytes=100-100"),
        (f"bytes={MANY}0-{MANY}", None),
        (f"bytes={MANY}-{MANY[1:]}8", None),
        (f"bytes=5-{MANY}", "bytes=5-100"),
        (f"bytes=-{MANY}", "bytes=0-99"),
        (f"bytes=-{'0' * 5000}", "bytes=100-"),
        (f"bytes={'0' * 5000}5-{'0' * 5000}7", "bytes=5-7"),
        ("", None),
    ],
)
def test_one_range_counts_and_what_makes_no_sense_is_ignored(text, wanted):
    assert wanted_range(text, 100) == wanted


@pytest.mark.parametrize(
    "name, type",
    [
        ("index.html", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("app.mjs", "text/javascript; charset=utf-8"),
        ("data.json", "application/json; charset=utf-8"),
        ("loaf.svg", "image/svg+xml"),
        ("font.woff2", "font/woff2"),
        ("archive.tar.gz", "application/octet-stream"),
        ("README", "application/octet-stream"),
    ],
)
def test_types_do_not_depend_on_the_machine(name, type):
    assert content_type(name) == type
