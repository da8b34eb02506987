"""Data from JSON APIs, page by page, and from the config."""

import gzip
import json

import orjson
import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network
from ec_builds.plugins.datasources import own_data_manager
from ec_builds.plugins.datasources.own_data_manager import OwnDataManager
from ec_builds.plugins.datasources.stub import Stub
from tests.plugins.conftest import Stopped


@pytest.fixture
def fetch(context):
    return lambda url, **more: OwnDataManager().fetch({"url": url, **more}, context.data, context)


@pytest.fixture
def data(context):
    return lambda: json.loads((context.data / "data.json").read_text())


@pytest.fixture
def serve(server):
    """Serves a document at a path."""

    def answer(path, document, **headers):
        headers = {"Content_Type": "application/json"} | headers
        server.answer(path, json.dumps(document).encode(), **headers)

    return answer


def test_a_document_is_written_as_it_came(fetch, server, context):
    text = b'{ "a": 1.10, "next": "Tuesday", "big": 123456789012345678901234567890 }\n'
    server.answer("/data?key=secret", text, Content_Type="application/json")

    facts = fetch(server.url("/data?key=secret"))

    assert (context.data / "data.json").read_bytes() == text
    assert facts == {"url": server.url("/data") + "?…", "pages": 1, "items": 1, "bytes": len(text)}


def test_pages_are_found_by_the_link_header(fetch, serve, server, data):
    links = '<https://example.com/x>; rel="prev", </list?page=2>; title="a, b"; rel="next last"'
    serve("/list", [1, 2], Link=links)
    serve("/list?page=2", [3], Link='</list>; rel="prev"')

    facts = fetch(server.url("/list"))

    assert data() == [1, 2, 3]
    assert (facts["pages"], facts["items"]) == (2, 3)


def page(number, *names, following=None, **more):
    links = {"self": {"href": f"/entries?page={number}"}}
    if following:
        links["next"] = following
    items = [{"name": name} for name in names]
    return {"count": len(names), "_links": links, "_embedded": {"ec:entry": items}, **more}


@pytest.mark.parametrize(
    "following", [{"href": "?page=2"}, [{"href": "/entries?page=2"}], {"href": "entries?page=2"}]
)
def test_pages_of_hal_become_one_document(fetch, serve, server, data, following):
    serve("/entries", page(1, "a", "b", following=following, total=3))
    serve("/entries?page=2", page(2, "c"))

    facts = fetch(server.url("/entries"))

    assert data() == {
        "count": 3,
        "total": 3,
        "_links": {"self": {"href": "/entries?page=1"}},
        "_embedded": {"ec:entry": [{"name": "a"}, {"name": "b"}, {"name": "c"}]},
    }
    assert (facts["pages"], facts["items"]) == (2, 3)


def test_a_single_embedded_document_counts_as_a_list_of_one(fetch, serve, server, data):
    first = page(1, following={"href": "?page=2"})
    first["_embedded"]["ec:entry"] = {"name": "a"}
    serve("/entries", first)
    last = page(2)
    last["_embedded"] = {"ec:entry": {"name": "b"}, "ec:other": [{"name": "c"}]}
    serve("/entries?page=2", last)

    fetch(server.url("/entries"))

    assert data()["_embedded"] == {
        "ec:entry": [{"name": "a"}, {"name": "b"}],
        "ec:other": [{"name": "c"}],
    }
    assert data()["count"] == 3


def test_pages_of_hal_need_not_all_embed_something(fetch, serve, server, data):
    serve("/entries", {"_links": {"next": {"href": "/entries?page=2"}}})
    serve("/entries?page=2", page(2, "a"))

    fetch(server.url("/entries"))

    assert data() == {"count": 1, "_links": {}, "_embedded": {"ec:entry": [{"name": "a"}]}}


def test_pages_are_found_by_a_plain_member(fetch, serve, server, data):
    serve("/l", {"count": 3, "next": server.url("/l?page=2"), "previous": None, "results": [1]})
    serve("/l?page=2", {"count": 3, "next": "/l?page=3", "results": [2]})
    serve("/l?page=3", {"count": 3, "next": None, "results": [3]})

    facts = fetch(server.url("/l"))

    assert data() == {"count": 3, "results": [1, 2, 3]}
    assert facts["pages"] == 3


def test_the_list_that_has_pages_can_be_named(fetch, serve, server, data):
    serve("/l", {"next": "/l?page=2", "tags": ["x"], "rows": [1]})
    serve("/l?page=2", {"tags": ["x"], "rows": [2]})

    with pytest.raises(BuildError, match="`property` can name it"):
        fetch(server.url("/l"))
    fetch(server.url("/l"), property="rows")

    assert data() == {"tags": ["x"], "rows": [1, 2]}


def test_pages_that_do_not_fit_together_are_refused(fetch, serve, server):
    serve("/l", [1], Link='</l2>; rel=next')
    serve("/l2", {"a": 1})

    with pytest.raises(BuildError, match="is not like the first one"):
        fetch(server.url("/l"))


def test_a_token_is_sent_to_its_origin_only(fetch, serve, server, other_server, data):
    serve("/l", [1], Link=f'<{other_server.url("/l")}>; rel="next"')
    other_server.answer("/l", b"[2]", Link=f'<{server.url("/m")}>; rel="next"')
    serve("/m", [3])

    fetch(server.url("/l"), token="s3cret")

    assert data() == [1, 2, 3]
    sent = [headers.get("authorization") for _, headers in server.seen]
    assert sent == ["Bearer s3cret"] * 2
    assert "authorization" not in other_server.seen[0][1]


def test_a_token_does_not_follow_a_redirect_elsewhere(fetch, server, other_server):
    server.answer("/l", status=302, Location=other_server.url("/l"))
    other_server.answer("/l", b"[]")

    fetch(server.url("/l"), token="s3cret")

    assert "authorization" not in other_server.seen[0][1]


def test_a_token_is_in_no_error(fetch, server):
    server.answer("/l", b"no", status=401)

    with pytest.raises(BuildError) as failed:
        fetch(server.url("/l"), token="s3cret")
    assert "s3cret" not in f"{failed.value} {failed.value.info}"


def test_each_page_is_checked_like_the_first(context, server):
    server.answer("/l", b"[]", Link='<http://inner.example/>; rel="next"')

    class Gate(Network):
        def resolve(self, host):
            return ("127.0.0.1",) if host == "public.example" else super().resolve(host)

    context.network = Gate(lookup=lambda host: ["10.0.0.1"])

    with pytest.raises(BuildError, match="private"):
        config = {"url": server.url("/l", host="public.example")}
        OwnDataManager().fetch(config, context.data, context)
    assert list(context.data.iterdir()) == []


@pytest.mark.parametrize("reference", ["file:///etc/passwd", "http://[::1", "http://a:b@c/"])
def test_a_page_elsewhere_than_on_the_web_is_refused(fetch, serve, server, reference):
    serve("/l", {"_links": {"next": {"href": reference}}, "_embedded": {"a": []}})

    with pytest.raises(BuildError, match="http|cannot be read|password"):
        fetch(server.url("/l"))


def test_a_link_header_is_read_in_one_go(fetch, serve, server, data):
    """From each bracket to the end of the header and back would take minutes for a long one."""
    serve("/l", [1], Link='<<</m>; rel="next"')
    serve("/m", [2], Link="<" * 60_000)

    fetch(server.url("/l"))

    assert data() == [1, 2]


def test_pages_that_lead_in_a_circle_come_to_an_end(fetch, serve, server):
    serve("/l", [1], Link='</m>; rel="next"')
    serve("/m", [2], Link='</l>; rel="next"')

    with pytest.raises(BuildError, match="lead in a circle"):
        fetch(server.url("/l"))


def test_the_number_of_pages_is_limited(fetch, serve, server, monkeypatch):
    monkeypatch.setattr(own_data_manager, "MOST_PAGES", 2)
    for number in range(3):
        serve(f"/{number}", [number], Link=f'</{number + 1}>; rel="next"')

    with pytest.raises(BuildError, match="has more than 2 pages"):
        fetch(server.url("/0"))


def test_all_pages_together_are_limited(fetch, serve, server, monkeypatch):
    monkeypatch.setattr(own_data_manager, "MOST_BYTES", 30)
    serve("/l", ["x" * 15], Link='</m>; rel="next"')
    serve("/m", ["x" * 15])

    with pytest.raises(BuildError, match="/m sent more than 11 bytes"):
        fetch(server.url("/l"))


@pytest.mark.parametrize("value", [b"{}", b"[]", b"0", b'{"":0}'])
def test_a_bomb_of_small_values_is_refused_before_it_is_parsed(fetch, server, monkeypatch, value):
    monkeypatch.setattr(orjson, "loads", lambda text: pytest.fail("parsed"))
    bomb = gzip.compress(b"[" + (value + b",") * 2_000_000 + b"0]", 1)
    server.answer("/l", bomb, Content_Encoding="gzip")

    with pytest.raises(BuildError, match="has more than 2000000 values") as refused:
        fetch(server.url("/l"))
    assert refused.value.info["limit"] == 2_000_000


def test_the_values_of_all_pages_together_are_limited(fetch, serve, server, monkeypatch):
    monkeypatch.setattr(own_data_manager, "MOST_VALUES", 7)
    serve("/l", [1, 2, 3, 4], Link='</m>; rel="next"')
    serve("/m", [1, 2, 3, 4])

    with pytest.raises(BuildError, match="data at http.*/l has more than 7 values") as refused:
        fetch(server.url("/l"))
    assert refused.value.info["pages"] == 2


def test_as_many_values_as_may_be_are_accepted(fetch, serve, server, monkeypatch, data):
    monkeypatch.setattr(own_data_manager, "MOST_VALUES", 8)
    serve("/l", [1, 2, 3, {"a": 4}], Link='</m>; rel="next"')
    serve("/m", [5, 6])

    fetch(server.url("/l"))

    assert data() == [1, 2, 3, {"a": 4}, 5, 6]


def test_depth_is_found_wherever_it_is():
    deep = []
    for _ in range(own_data_manager.MOST_DEEP):
        assert not own_data_manager.too_deep([1, {}, {"a": [2]}, deep][3])
        deep = [deep] if isinstance(deep, list) else {"a": deep}

    assert own_data_manager.too_deep(deep)
    assert own_data_manager.too_deep({"a": [[], {"b": deep}]})
    assert not own_data_manager.too_deep([[[]]] * 1000)
    assert not own_data_manager.too_deep("text")


def test_a_run_that_has_to_stop_stops_between_and_within_pages(context, server):
    server.answer("/l", b"[1]", Link='</l2>; rel="next"')
    server.answer("/l2", b"[2]")
    context.stop = lambda: len(server.seen) == 1

    with pytest.raises(Stopped):
        OwnDataManager().fetch({"url": server.url("/l")}, context.data, context)
    assert list(context.data.iterdir()) == []


@pytest.mark.parametrize(
    "body, content_type, words",
    [
        (b"<html>log in</html>", "text/html; charset=utf-8", "answered with text/html where JSON"),
        (b"[1,", "application/json", "something that is not JSON"),
        (b"\xff\xfe", "application/json", "something that is not JSON"),
        (b"[NaN]", "application/json", "something that is not JSON"),
        (b"", "application/json", "something that is not JSON"),
        (b"[" * 101 + b"]" * 101, "application/json", "nested more than 100 levels"),
        (b"[" * 100_000, "application/json", "something that is not JSON"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "application/json", "not JSON|nested"),
    ],
    ids=["html", "broken", "bytes", "nan", "empty", "deep", "deeper", "objects"],
)
def test_what_is_no_usable_json_is_explained(fetch, server, body, content_type, words):
    server.answer("/l", body, Content_Type=content_type)

    with pytest.raises(BuildError, match=words) as failed:
        fetch(server.url("/l"))
    assert failed.value.info["url"] == server.url("/l")
    assert failed.value.info["status"] == 200
    assert failed.value.info["contentType"] == content_type.partition(";")[0]


def test_a_hundred_levels_are_not_too_deep(fetch, server, data):
    server.answer("/l", b"[" * 100 + b"]" * 100)

    fetch(server.url("/l"))

    assert data()


def test_a_server_that_fails_is_named_with_its_status(fetch, server):
    server.answer("/l", b"oops", status=500, Content_Type="text/html")

    with pytest.raises(BuildError, match="answered with 500 Internal Server Error") as failed:
        fetch(server.url("/l"))
    assert failed.value.info == {
        "url": server.url("/l"),
        "status": 500,
        "contentType": "text/html",
    }


def test_a_stub_without_data_writes_nothing(context):
    assert Stub().fetch({}, context.data, context) == {}
    assert list(context.data.iterdir()) == []


@pytest.mark.parametrize("given", [None, [], {"ü": [1.5, True]}, "text"])
def test_a_stub_writes_the_data_of_its_config(context, data, given):
    facts = Stub().fetch({"data": given}, context.data, context)

    assert data() == given
    assert facts == {"bytes": (context.data / "data.json").stat().st_size}


def test_data_that_no_json_can_hold_is_refused(context):
    with pytest.raises(BuildError, match="cannot be written as JSON"):
        Stub().fetch({"data": 2**70}, context.data, context)
