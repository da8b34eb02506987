"""The server's own log, for programs and for people."""

import io
import json
import logging

import pytest

from ec_builds import logs

log = logging.getLogger("ec_builds.test")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def configured():
    """Writes the log of this process to a stream; as it was, afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("ec_builds")
    before = list(root.handlers), ours.level

    def configured(form, stream):
        logs.configure(form, stream)
        return stream

    yield configured
    root.handlers[:], level = before
    ours.setLevel(level)


def test_json_is_a_line_per_record(configured):
    stream = configured("auto", io.StringIO())
    with logs.bound(buildID=7, worker="here"):
        log.info("Two\nlines: %s", "ü", extra=logs.facts(status=200, nothing=None))
    log.debug("too small")
    logging.getLogger("httpx").info("not ours")

    [line] = stream.getvalue().splitlines()

    told = json.loads(line)
    assert told.pop("time").endswith("Z")
    assert told == {
        "level": "info",
        "logger": "ec_builds.test",
        "message": "Two\nlines: ü",
        "buildID": 7,
        "worker": "here",
        "status": 200,
    }


def test_json_has_tracebacks_in_their_line(configured):
    stream = configured("json", Terminal())
    try:
        raise ValueError("boom")
    except ValueError:
        log.exception("It broke", extra=logs.facts(path=logs))

    told = json.loads(stream.getvalue())
    assert told["error"].endswith("ValueError: boom")


def test_text_is_for_people(configured):
    stream = configured("text", io.StringIO())
    with logs.bound(buildID=7):
        log.warning("It is late\ntraceback", extra=logs.facts(path="/a\x1b[31m\nb"))

    line, trace = stream.getvalue().splitlines()

    assert line.partition(" ")[2] == "warning It is late buildID=7 path=/a\\x1b[31m\\x0ab"
    assert trace == "    traceback"


def test_a_terminal_has_colours(configured):
    stream = configured("auto", Terminal())
    log.error("It is late")

    assert "\x1b[31merror  \x1b[0m It is late" in stream.getvalue()


def test_to_configure_twice_does_not_write_twice(configured):
    configured("json", io.StringIO())
    stream = configured("json", io.StringIO())
    log.info("once")

    assert len(stream.getvalue().splitlines()) == 1


def test_facts_are_bound_for_a_while(configured):
    stream = configured("json", io.StringIO())
    with logs.bound(a=1):
        with logs.bound(b=2):
            log.info("inside")
    log.info("outside")

    inside, outside = map(json.loads, stream.getvalue().splitlines())
    assert (inside["a"], inside["b"]) == (1, 2)
    assert not {"a", "b"} & outside.keys()


def test_the_log_hears_of_the_first_and_of_the_last(caplog):
    outage = logs.Outage(logging.getLogger("ec_builds.test"))
    for who in ("a", "b", "a"):
        outage.meets(who, "gone")
    for who in ("c", "a", "a"):
        outage.spares(who)
    assert caplog.messages == ["The storage does not answer: gone"]

    outage.spares("b")
    outage.spares("b")

    assert caplog.messages[1:] == ["The storage answers again"]


def test_who_does_not_wait_any_longer_says_nothing_about_it(caplog):
    outage = logs.Outage(logging.getLogger("ec_builds.test"), "The database")
    outage.meets("a", "gone")
    outage.forget("a")
    outage.spares("a")

    assert caplog.messages == ["The database does not answer: gone"]
