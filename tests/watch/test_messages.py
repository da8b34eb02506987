"""Messages, and the lines that they are made of."""

import pytest

from ec_builds.watch import messages
from ec_builds.watch.messages import LONGEST
from tests.watching import Message, parsed


def cut(block, is_last=False):
    return list(messages.lines(block, is_last))


def test_a_message_is_one_line_of_json():
    raw = messages.message(b"event", {"message": "two\nlines ü"}, "1-2")

    assert raw == 'event: event\nid: 1-2\ndata: {"message":"two\\nlines ü"}\n\n'.encode()
    assert messages.message(b"end", None) == b"event: end\ndata: null\n\n"


def test_the_lines_of_a_log_are_told_with_the_place_where_they_end():
    assert cut(b"one\n\nthree\n") == [(b"one", 4), (b"", 5), (b"three", 11)]
    assert cut(b"") == []


def test_a_line_without_an_end_waits_for_it():
    assert cut(b"one\ntw") == [(b"one", 4)]
    assert cut(b"one\ntw", is_last=True) == [(b"one", 4), (b"tw", 6)]


def test_a_long_line_comes_in_pieces():
    assert cut(b"x" * (LONGEST - 1)) == []
    assert cut(b"x" * (2 * LONGEST + 5)) == [
        (b"x" * LONGEST, LONGEST), (b"x" * LONGEST, 2 * LONGEST),
    ]
    assert cut(b"x" * LONGEST + b"\n") == [(b"x" * LONGEST, LONGEST), (b"", LONGEST + 1)]


@pytest.mark.parametrize("character", "aü€🎂")
@pytest.mark.parametrize("shift", range(4))
def test_no_character_is_cut_in_two(character, shift):
    text = "." * shift + character * LONGEST
    pieces = [piece for piece, _ in cut(text.encode(), is_last=True)]

    assert "".join(piece.decode() for piece in pieces) == text
    assert max(map(len, pieces)) <= LONGEST


def test_bytes_that_are_no_characters_are_cut_anywhere():
    for block in (b"\x80" * (2 * LONGEST), b"\xff" * (2 * LONGEST)):
        pieces = [piece for piece, _ in cut(block, is_last=True)]
        assert b"".join(pieces) == block
        assert all(pieces)


@pytest.mark.parametrize(
    "text, data",
    [
        (b"plain", "plain"),
        (b"", ""),
        (b" indented: yes", " indented: yes"),
        (b"10%\r50%\r100%", "10%\n50%\n100%"),
        (b"windows\r", "windows"),
        (b"event: end", "event: end"),
        (b"\xffoven\x00", "�oven\0"),
    ],
)
def test_a_line_of_the_log_is_a_message(text, data):
    raw = messages.line(messages.readable(text), b"7-9")

    assert parsed(raw) == [Message("log", "7-9", data)]
