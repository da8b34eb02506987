"""Runs that are watched through a stream, and what is done without one."""

import json

import pytest

from ec_builds.client import Event, Line, Run, Unreachable
from ec_builds.client.stream import Message, Stream
from tests.client.test_run import event

KIND = {"Content_Type": "text/event-stream"}


def told(name, data, id=None):
    text = data if isinstance(data, str) else json.dumps(data)
    lines = "".join(f"data: {line}\n" for line in text.split("\n"))
    return f"event: {name}\n{f'id: {id}' if id else ':'}\n{lines}\n".encode()


ONE = told("event", event(1, "one"), "1-0")
LOG = told("log", "bread\u2028\nbutter", "1-13")
TWO = told("event", event(2, "two"), "2-13")
END = told("end", None, "2-13-end")


@pytest.fixture
def watched(server, session):
    """A run that is over, whose stream says something new at each connection."""

    def watched(*connections, status=200, **headers):
        rest = list(connections)

        def say(seconds=0):
            body = rest.pop(0) if rest else b""
            server.say("/stream", body, status=status, **{**KIND, **headers})

        say()
        events = [event(1, "one"), event(2, "two")]
        links = {"ec:app/build/events/stream": {"href": "/stream"}}
        server.say("/", {"events": events, "successful": "success", "_links": links})
        return Run(session.root(), pause=say)

    return watched


def short(news):
    return [each.message if isinstance(each, Event) else each.text for each in news]


def test_a_run_is_watched_through_its_stream(watched, server):
    run = watched(b"retry: 5\n\n" + ONE + LOG + TWO + END)

    news = list(run.news())

    assert short(news) == ["one", "bread\u2028\nbutter", "two"]
    assert isinstance(news[1], Line)
    assert server.lines == ["GET /", "GET /stream", "GET /"]
    assert server.seen("Authorization")[1] == "Bearer secret"


def test_a_stream_that_breaks_off_is_gone_on_with(watched, server):
    run = watched(ONE + LOG[:-1], LOG + TWO, END)

    assert short(run.news()) == ["one", "bread\u2028\nbutter", "two"]
    assert server.seen("Last-Event-ID") == [None, None, "1-0", "2-13", None]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "Content_Type": "application/problem+json"},
        {"Content_Type": "text/html"},
        {"status": 204},
        {},
    ],
)
def test_without_a_stream_a_run_is_looked_at_again_and_again(watched, answer):
    assert short(watched(b"", b"", b"", **answer).news()) == ["one", "two"]


def test_what_a_stream_did_not_tell_is_looked_up(watched):
    assert short(watched(ONE).news()) == ["one", "two"]


def test_a_server_that_is_gone_is_told(session):
    stream = Stream(session, "http://127.0.0.1:1/", pause=lambda seconds: None)

    assert list(stream) == []
    assert not stream.is_complete
    with pytest.raises(Unreachable):
        list(session.lines("http://127.0.0.1:1/"))


def test_messages_are_read_as_browsers_do(session, server):
    server.say("/stream", b":beat\n\ndata:a\ndata: b\n\nevent: x\n\nid\ndata\n\ndata: cut", **KIND)
    stream = Stream(session, f"{server.root}stream")

    assert list(stream.messages()) == [Message("message", "a\nb"), Message("message", "")]
