"""What a watcher is sent, in which order, and where it goes on after a break."""

import json

import pytest

from ec_builds.errors import Unmatched, Unavailable
from ec_builds.states import State
from ec_builds.store import watching
from ec_builds.store.build import Build
from ec_builds.watch import messages, source
from tests.watching import logged, parsed


def more(feed):
    """All that a feed has to say by now."""
    feed.head = watching.heads([feed.build_id]).get(feed.build_id)
    sent = b""
    while piece := feed.more():
        sent += piece
    return parsed(sent)


def told(found):
    """Messages in short."""
    short = []
    for each in found:
        value = each.data if each.name == "log" else json.loads(each.data)
        short.append(value["message"] if each.name == "event" else value)
    return short


@pytest.fixture
def story(build):
    """A build that has ended, with events between the lines of its log."""
    build.tell("Running: one")
    build.print("$ one\n1\n")
    build.print("2\n")
    build.tell("Done: one")
    build.tell("Running: two")
    build.print("$ two\nbro")
    build.print("ken\nlast")
    build.tell("Done: two")
    build.end()
    return build


STORY = [
    "Running: one", "$ one", "1", "2", "Done: one",
    "Running: two", "$ two", "broken", "last", "Done: two",
    {"status": "SUCCEEDED", "successful": "success"}, None,
]


def test_events_and_lines_come_in_the_order_in_which_they_happened(story):
    found = more(story.feed())

    assert told(found) == STORY
    assert [each.name for each in found[-2:]] == ["state", "end"]


def test_ids_only_grow(story):
    ids = [each.id for each in more(story.feed()) if each.id]
    pairs = [tuple(map(int, each.split("-")[:2])) for each in ids]

    assert pairs == sorted(pairs)
    assert len(set(ids)) == len(ids) == len(STORY) - 1
    assert ids[-1] == f"{ids[-2]}-end"


def test_from_any_id_on_the_rest_is_sent(story):
    whole = more(story.feed())
    for number, message in enumerate(whole):
        if message.name not in ("state", "end"):
            assert more(story.feed(message.id)) == whole[number + 1 :]


def test_who_has_seen_the_end_is_sent_away(story):
    assert story.feed(more(story.feed())[-1].id) is None


def test_news_are_sent_once(build):
    feed = build.feed()
    seen = [more(feed)]
    build.tell("Running: one")
    seen.append(more(feed))
    build.print("1\n2")
    seen.append(more(feed))
    seen.append(more(feed))
    build.print("2\n")
    build.tell("Done: one")
    seen.append(more(feed))
    build.go(State.CANCELLING)
    seen.append(more(feed))
    build.go(State.CANCELLED)
    seen.append(more(feed))

    assert list(map(told, seen)) == [
        [{"status": "RUNNING", "successful": "running"}],
        ["Running: one"],
        ["1"],
        [],
        ["22", "Done: one"],
        [{"status": "CANCELLING", "successful": "running"}],
        [{"status": "CANCELLED", "successful": "error"}, None],
    ]
    assert feed.is_over
    assert more(feed) == []


def test_a_build_that_is_deleted_ends_its_streams(build):
    feed = build.feed()
    build.tell("Running: one")
    more(feed)
    Build.update(deleted="now").execute()

    assert [each.name for each in more(feed)] == ["end"]


def test_a_long_line_is_sent_before_its_end(build):
    feed = build.feed()
    build.print("x" * 40_000)
    assert [len(line) for line in logged(more(feed))] == [32768]
    build.print("yy\nz")
    assert logged(more(feed)) == ["x" * (40_000 - 32768) + "yy"]
    build.end()
    assert logged(more(feed)) == ["z"]


def test_many_events_and_lines_come_in_blocks(build, monkeypatch):
    monkeypatch.setattr(source, "EVENTS", 3)
    monkeypatch.setattr(source, "BLOCK", 40)
    for number in range(10):
        build.tell(str(number))
    build.print("".join(f"line {number}\n" for number in range(100)))
    build.tell("over")
    feed = build.feed()

    assert told(more(feed))[1:] == [
        *map(str, range(10)), *(f"line {number}" for number in range(100)), "over",
    ]


def test_all_watchers_of_a_build_share_what_is_read(story, monkeypatch):
    first, second = story.feed(), story.feed()
    whole = more(first)
    monkeypatch.setattr(story.runtime.storage, "open", None)

    assert more(second) == whole


@pytest.mark.parametrize(
    "last_id",
    ["x", "1", "1-", "-1", "1-2-3", "1-2-END", "1-2 ", "١-٢", "1-2\n", "9" * 30 + "-1", "1-9-end",
     "9999-0", "0-9999"],
)
def test_an_id_that_is_none_is_refused(build, last_id):
    build.tell("one")
    build.print("123456789\n")

    with pytest.raises(Unmatched) as refused:
        build.feed(last_id)
    assert refused.value.detail == "Last-Event-ID"


def test_an_id_of_another_build_is_refused(build, make_build):
    other = make_build()
    other.tell("theirs")
    build.tell("mine")

    with pytest.raises(Unmatched, match="another build"):
        build.feed("1-0")


def test_what_failed_can_be_asked_again(story, monkeypatch):
    feed = story.feed()
    with monkeypatch.context() as patch:
        patch.setattr(watching, "events", None)
        with pytest.raises(TypeError):
            feed.more()

    sent = feed.more()

    assert sent.startswith(messages.GREETING)
    assert told([*parsed(sent), *more(feed)]) == STORY


def test_watchers_have_an_end(build):
    build.runtime.watch.most = 0

    with pytest.raises(Unavailable) as refused:
        build.feed()
    assert refused.value.headers == {"Retry-After": "2"}
