"""No secret in any of its shapes, however the text is cut."""

import base64
import html
import json
import re
import shlex
import string
import sys
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ec_builds.engine.masking import Masks
from ec_builds.errors import BuildError

PASSWORD = "hunter2/séså me+'\"\\$x"
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 9
KEY = f"-----BEGIN KEY-----\n{BODY}abc=\n-----END KEY-----\n"


def masks(*secrets):
    made = Masks()
    for secret in secrets:
        made.add(secret)
    return made


def in_pieces(masks, pieces):
    stream = masks.stream()
    return b"".join([*map(stream.feed, pieces), stream.finish()])


def wrapped(text, width):
    return "\n".join(text[start : start + width] for start in range(0, len(text), width))


@pytest.mark.parametrize(
    "disguise",
    [
        str,
        json.dumps,
        lambda secret: json.dumps(secret, ensure_ascii=False),
        repr,
        html.escape,
        shlex.quote,
        quote,
        quote_plus,
        lambda secret: quote(secret, safe=""),
        lambda secret: re.sub("%..", lambda each: each[0].lower(), quote(secret)),
        lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
        lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
        lambda secret: repr(secret.encode())[1:],
        lambda secret: secret.encode().hex(),
        lambda secret: secret.encode().hex().upper(),
        lambda secret: secret.encode().hex(":").upper(),
        lambda secret: secret.encode().hex(" "),
        lambda secret: wrapped(secret.encode().hex(), 20),
    ],
)
def test_a_secret_is_masked_in_each_of_its_shapes(disguise):
    masked = masks(PASSWORD).text(f"before {disguise(PASSWORD)} after")

    assert masked.replace("'", "").replace('"', "") == "before *** after"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "u", "us", "user:", "user: "])
@pytest.mark.parametrize("after", ["", "\n", "@h", "@host"])
@pytest.mark.parametrize("secret", [PASSWORD, "p>>?", "~~~~~~~~~"])
def test_of_base64_all_is_masked_that_depends_on_the_secret_alone(encode, before, after, secret):
    size, begin = len(secret.encode()), len(before.encode())
    whole = encode(f"{before}{secret}{after}".encode()).decode()
    first, last = -(-begin * 8 // 6), (begin + size) * 8 // 6

    for text in (whole, whole.rstrip("="), wrapped(whole, 12)):
        masked = masks(secret).text(text).replace("\n", "")

        assert masked.startswith(whole[:first] + "***")
        assert len(masked) - 3 <= len(whole) - (last - first)
        assert after or masked == whole[:first] + "***"


@pytest.mark.parametrize("width", [60, 64, 76])
@pytest.mark.parametrize("before", ["", "x" * 55, "x" * 56, "x" * 57])
def test_a_long_secret_is_masked_in_wrapped_base64(width, before):
    text = wrapped(base64.b64encode((before + KEY).encode()).decode(), width)

    masked = masks(KEY).text(text)

    assert len(masked) < len(before) * 4 // 3 + 12


def test_lines_of_a_secret_are_secrets_if_they_are_long_enough():
    masked = masks(KEY).text("a\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC b\nabc=\n")

    assert masked == "a\n*** b\nabc=\n"


def test_brackets_around_a_secret_do_not_hold_back_others():
    stream = masks('{\n  "private_key": "c2VjcmV0"\n}\n').stream()

    assert stream.feed(b"{\n") == b"{\n"
    assert stream.feed(b'  "private_key": "c2VjcmV0"\n') == b"  ***\n"


def test_secrets_that_overlap_are_masked_as_one():
    both = masks("abcdef", "efghij", "bcde", "xyz-xyz")

    assert both.text("<abcdefghij> <bcde> <xyz-xyz-xyz>") == "<***> <***> <***>"


@pytest.mark.parametrize("line", [b"an ordinary line\n", b"c\n", b"took 1.73\n", b"hunter2-s \n"])
def test_an_ordinary_line_is_not_held_back(line):
    assert masks("hunter2-sesame", "secret").stream().feed(line) == line


def test_only_what_may_be_a_secret_is_held_back():
    stream = masks("hunter2-sesame").stream()

    assert stream.feed(b"a line\nhunter2") == b"a line\n"
    assert stream.feed(b"-sesame!\nhunter2-") == b"***!\n"
    assert stream.finish() == b"hunter2-"


def test_a_secret_that_is_known_later_is_masked_in_what_is_held_back():
    mine = masks("hunter2-sesame")
    stream = mine.stream()

    assert stream.feed(b"a hunter2-") == b"a "
    mine.add("2-ses!")
    assert stream.feed(b"ses") == b""
    assert stream.feed(b"!\n") == b"hunter***\n"


def test_without_secrets_nothing_is_touched():
    stream, block = Masks().stream(), b"a\0b\xff"

    assert stream.feed(block) is block
    assert stream.finish() == b""


@pytest.mark.parametrize("secret", ["a", "abc", " abc\n"])
def test_a_secret_that_is_too_short_is_refused(secret):
    with pytest.raises(BuildError, match="fewer than 4 characters"):
        Masks().add(secret)


def test_a_long_secret_is_masked_whole():
    secret = "".join(str(number) for number in range(13000))[: 64 * 1024]
    mine = masks(secret)

    for text in (secret, base64.encodebytes(secret.encode()).decode(), secret.encode().hex()):
        assert mine.text(f"a {text} b").rstrip("=\n b") in ("a ***", "a ***\n")


#: Secrets and outputs that are alike almost everywhere, or almost alike.
ALIKE = [
    (["0" * 64], b"MDAw"),
    (["0" * 64], b"30"),
    (["A" * 1000 + "B"], b"QUFB"),
    (["A" * 4000 + "END"], b"A"),
    (["A" * 4000 + "END"], b"QUFB"),
    (["A" * 4000 + "END"], b"Q\nU\nF  B\r\n"),
    (["A" * 4000 + "END"], b"4 1"),
    (["a" * size for size in range(4, 41)], b"a"),
    (["A" * 1000 + str(number) for number in range(50)], b"A"),
    (["ab" * 1000 + "c", "ba" * 1000 + "d"], b"ab" * 999 + b"x"),
    (["".join(map(str, range(1000)))], "".join(map(str, range(1000))).encode()),
]


def calls(masks, blocks):
    """How many functions are called to mask some blocks, ours and the language's."""
    counted = []
    stream = masks.stream()
    sys.setprofile(lambda frame, event, _: event.endswith("call") and counted.append(1))
    try:
        for block in blocks:
            stream.feed(block)
        stream.finish()
    finally:
        sys.setprofile(None)
    return len(counted)


@pytest.mark.parametrize("size", [40, 5_000])
@pytest.mark.parametrize("secrets, part", ALIKE)
def test_masking_takes_a_bounded_number_of_steps_per_byte(secrets, part, size, monkeypatch):
    monkeypatch.setattr("ec_builds.engine.search.FIRST_STEPS", 100)
    mine = masks(*secrets)
    text = part * (1 + 20_000 // len(part))
    blocks = [text[begin : begin + size] for begin in range(0, len(text), size)]
    mine.text("the automata are made")

    steps = calls(mine, blocks)

    assert steps < 20 * len(text) + 1000 * len(blocks)
    assert steps < 2.5 * calls(mine, blocks[: len(blocks) // 2]) + 1000


@pytest.mark.parametrize("window", [1, 7, 40])
@pytest.mark.parametrize("encode", [bytes, base64.encodebytes])
def test_a_secret_that_lies_across_windows_is_masked(window, encode, monkeypatch):
    monkeypatch.setattr("ec_builds.engine.search.WINDOW", window)
    text = encode(KEY.encode())

    assert len(in_pieces(masks(KEY, "abc=\n---"), [b"-\n" * 50 + text + b"-\n" * 50])) <= 210


@pytest.mark.parametrize("secrets, part", ALIKE)
def test_what_is_held_back_is_bounded(secrets, part):
    mine = masks(*secrets)
    longest = max(map(len, secrets))
    stream = mine.stream()

    for _ in range(8):
        stream.feed(part * (1 + 5_000 // len(part)))
        assert len(stream.held.bytes) <= 6 * longest + 1000


@pytest.mark.parametrize("size", [1, 7, 5000])
@pytest.mark.parametrize("encode", [bytes, bytes.hex, base64.b64encode, base64.encodebytes])
@pytest.mark.parametrize("secret", ["A" * 300 + "END", "ab" * 200 + "c", "0" * 400])
def test_where_comparing_became_too_much_nothing_gets_through(secret, encode, size, monkeypatch):
    monkeypatch.setattr("ec_builds.engine.search.FIRST_STEPS", 0)
    mine, half, whole = masks(secret), secret[:-3].encode(), secret.encode()
    text = encode(5 * half + whole + b"-" + whole + 3 * half + whole)
    text = (text if isinstance(text, bytes) else text.encode()) + b"\n" * 2000 + b"that is all"
    blocks = [text[begin : begin + size] for begin in range(0, len(text), size)]

    masked = in_pieces(mine, blocks)

    assert masked == in_pieces(mine, [text])
    assert masked.endswith(b"that is all")
    assert len(masked.replace(b"***", b"").strip()) < 50


def is_long_enough(text):
    return len(text.strip()) > 3


SMALL = some.text("abc01/+= :\n", min_size=4, max_size=12).filter(is_long_enough)
ANY = some.text(
    some.characters(blacklist_categories=["Cs"], blacklist_characters="*"), min_size=4, max_size=90
).filter(is_long_enough)
ENCODINGS = [
    str.encode,
    lambda text: base64.encodebytes(text.encode()),
    lambda text: base64.b64encode(f"x{text}".encode()),
    lambda text: text.encode().hex(":").encode(),
    lambda text: wrapped(text.encode().hex(), 7).encode(),
    lambda text: quote(text).encode(),
]


@some.composite
def outputs(draw, secrets):
    """Some secrets, and pieces of an output in which they are."""
    mine = draw(some.lists(secrets, min_size=1, max_size=3))
    part = some.one_of(
        some.text(string.printable, max_size=6).map(str.encode),
        some.text("abc01/+= :\n", max_size=9).map(str.encode),
        some.builds(lambda secret, encode: encode(secret), some.sampled_from(mine),
                    some.sampled_from(ENCODINGS)),
        some.builds(lambda secret, end: secret[:end].encode(), some.sampled_from(mine),
                    some.integers(0, 90)),
    )
    whole = b"".join(draw(some.lists(part, max_size=8)))
    cuts = sorted(draw(some.lists(some.integers(0, len(whole)), max_size=12)))
    return mine, whole, [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


@pytest.mark.parametrize("secrets", [SMALL, ANY])
def test_however_a_text_is_cut_it_is_masked_in_the_same_way(secrets):
    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(outputs(secrets))
    def check(output):
        mine, whole, pieces = output
        at_once = in_pieces(masks(*mine), [whole])

        assert in_pieces(masks(*mine), pieces) == at_once
        assert in_pieces(masks(*mine), [bytes([byte]) for byte in whole]) == at_once
        for secret in mine:
            text = secret.strip()
            assert text.encode() not in at_once or len(text.splitlines()) > 1
            assert text.encode().hex().encode() not in at_once

    check()
