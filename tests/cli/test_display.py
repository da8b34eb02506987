"""What happens, as people see it."""

import io
import re

import pytest
from rich.console import Console

from ec_builds.cli.display import Display
from ec_builds.client import Event, Line


class Over:
    """A run that is over, with these events."""

    log = "http://there/log"

    def __init__(self, *events):
        self.all = events

    def news(self):
        return iter(self.all)


def event(message, type="info", temporary=False, **info):
    return Event(1, type, "", message, temporary, info)


@pytest.fixture
def shown():
    """What is shown of events, on a console of some kind."""

    def shown(*events, encoding="utf-8", **kind):
        written = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        console = Console(file=written, width=60, highlight=False, **kind)
        count = sum(isinstance(each, Event) for each in events)
        assert Display(console).follow(Over(*events)) == count
        written.flush()
        return written.buffer.getvalue().decode(encoding)

    return shown


def test_elsewhere_than_on_a_terminal_every_event_is_a_line(shown):
    assert shown(
        event("Fetching code", temporary=True),
        event("Code fetched", revision="0123456789", files=1, branch="main"),
        event("Careful", "warn", output="one\ntwo\n"),
        event("It broke", "error", output="three", seconds=1),
        event("All of it broke", "error", output="three"),
    ) == (
        "… Fetching code\n"
        "✓ Code fetched  main  0123456  1 file\n"
        "! Careful\n"
        "  │ one\n"
        "  │ two\n"
        "✗ It broke\n"
        "  │ three\n"
        "✗ All of it broke\n"
    )


def test_on_a_terminal_a_spinner_shows_what_has_begun(shown):
    told = shown(
        event("Fetching code", temporary=True), event("Code fetched"), force_terminal=True
    )

    assert "\x1b[32m✓\x1b[0m Code fetched" in told
    assert "… Fetching code" not in told
    assert told.rstrip().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")  # the spinner is gone


def test_long_commands_are_cut_on_a_terminal_only(shown):
    long = event("Done: " + "x" * 100, "verbose")

    assert "x" * 100 in shown(long)
    assert "x" * 100 not in shown(long, force_terminal=True)


def test_only_the_last_lines_of_a_long_output_are_shown(shown):
    told = shown(event("Done", "verbose", output="\n".join(map(str, range(100)))))

    assert told.count("│") == 20 and "│ 99" in told


def test_plugins_name_their_facts_as_they_like(shown):
    odd = event("Done", size="large", pages=["a"], revision=7, files="many", subject=None)

    assert shown(odd) == "✓ Done  7  many files  large\n"


def test_what_looks_like_markup_is_text(shown):
    assert shown(event("[bold]x[/bold]", result="[red]")) == "✓ [bold]x[/bold]  [red]\n"


def test_where_only_ascii_can_be_shown_marks_are_ascii(shown):
    told = shown(event("Done"), event("Broken", "error"), encoding="ascii")

    assert told == "+ Done\nx Broken\n"


def test_of_several_lines_the_first_is_shown(shown):
    assert shown(event("Done: one\ntwo", "verbose")) == "· Done: one …\n"


def test_what_commands_print_is_shown_once(shown):
    assert shown(
        event("Running: bake", "verbose", temporary=True),
        Line("10%\n100%"),
        Line("\x1b[31mBurnt\x1b[0m \x1b[2J\x1b[999;9H\x07[bold]"),
        event("Ended with exit code 3: bake", "warn"),
        event("It broke", "error", output="10%\r100%\nBurnt"),
    ) == (
        "… Running: bake\n"
        "  │ 100%\n"
        "  │ Burnt [bold]\n"
        "! Ended with exit code 3: bake\n"
        "✗ It broke\n"
    )


def lines(begin, end):
    return [Line(f"line {number}.") for number in range(begin, end + 1)]


def test_a_terminal_shows_the_beginning_and_the_end_of_very_much(shown):
    told = shown(
        *lines(1, 12000), event("Done: one", "verbose"), *lines(20001, 20500), event("It is over"),
        force_terminal=True, color_system=None,
    )

    seen = [re.sub(r".*\x1b\[\S*[A-Za-z]", "", line).strip() for line in told.splitlines()]
    assert [line for line in seen if line[:1] in ("│", "·", "✓")] == [
        *(f"│ line {number}." for number in range(1, 501)),
        "│ … 11,480 lines left out; the whole log: http://there/log",
        *(f"│ line {number}." for number in range(11981, 12001)),
        "· Done: one",
        *(f"│ line {number}." for number in range(20001, 20501)),
        "✓ It is over",
    ]


def test_whoever_stops_looking_has_seen_the_last_lines(shown, monkeypatch):
    def news(self):
        yield from lines(1, 1000)
        raise KeyboardInterrupt

    monkeypatch.setattr(Over, "news", news)
    written = io.StringIO()
    display = Display(Console(file=written, width=60, force_terminal=True, color_system=None))

    with pytest.raises(KeyboardInterrupt):
        display.follow(Over())

    assert "480 lines left out" in written.getvalue()
    assert "│ line 1000.\n" in written.getvalue()


def test_a_file_gets_every_line(shown):
    assert shown(*lines(1, 2000)) == "".join(f"  │ line {n}.\n" for n in range(1, 2001))
