"""Headers and bodies that are none: what no document describes is refused in words, too."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ec_builds.web.current import EXTENSION
from tests.checking import CheckingClient

#: Headers that somebody reads, be it the framework.
NAMES = [
    "Accept", "Access-Control-Request-Headers", "Authorization", "Content-Encoding",
    "Content-Type", "Cookie", "Forwarded", "Host", "Idempotency-Key", "If-Match",
    "If-Modified-Since", "If-None-Match", "If-Range", "Last-Event-ID", "Origin", "Range",
    "Referer", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-ID",
]
#: What has broken servers before.
WORN = [
    "", " ", ",", ";", "=", '"', "*", "W/", 'W/"', '"a", "b"', "bytes=", "bytes=-", "bytes=--1",
    "bytes=9-1", f"bytes={'9' * 400}-", "0-0", "9" * 5000, "-1", "é", "\x7f", "[::1", "[", "a:b",
    "localhost:99999", "localhost:", "../..", "Bearer", "Bearer a.b.c", "Basic !", "null", "%00",
    "application/json; charset=nonsense", "multipart/form-data", "gzip", "text/\x80",
]
LATIN = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=50)
HEADERS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORN) | LATIN, max_size=4)
BODIES = st.none() | st.binary(max_size=50) | st.sampled_from([
    b"{", b"[]", b"null", b'"', b"{}" * 2, b'{"title": NaN}', b'{"title": 1e999}', b"\xff\xfe{}",
    b'{"title": "\\ud800", "hexColor": "#000000"}', b'{"title": "\\u0000"}', b"[" * 100_000,
    b'{"a":' * 1000, b'{"_links": {"ec:app/target": [[]]}, "title": "", "config": 0}',
    b'{"title": %s}' % (b"9" * 5000), b"\xef\xbb\xbf{}",
])


@pytest.fixture
def asker(application, runtime, world):
    """A client of the admin, which checks each answer."""
    application.extensions[EXTENSION] = runtime
    asker = CheckingClient(application)
    asker.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {runtime.first_token()[0]}"
    return asker


def addresses(application, world):
    """A method and an address, of something that exists, for every operation."""
    for rule in application.url_map.iter_rules():
        for method in sorted(rule.methods & {"GET", "POST", "PUT", "DELETE"}):
            known = {**world.ids, "buildID": world.spares["buildID"]}
            if method in ("PUT", "DELETE"):
                known |= world.spares
            parts = {name: 1 if name.endswith("_id") else "platform" for name in rule.arguments}
            path = rule.rule.replace("<int:", "<").replace("<path:", "<")
            for name, value in parts.items():
                path = path.replace(f"<{name}>", str(value))
            for name in ("appID", "platformID", "buildID", None):
                if "/stream" not in path:
                    yield method, f"{path}?{name}={known[name]}" if name else path


def test_no_header_and_no_body_breaks_anything(asker, application, world, request):
    places = sorted(set(addresses(application, world)))

    @settings(max_examples=100 * request.config.getoption("--fuzz"), derandomize=True,
              database=None, deadline=None, suppress_health_check=list(HealthCheck),
              phases=[Phase.generate])
    @given(st.integers(0, len(places) - 1), HEADERS, BODIES)
    def ask(number, headers, body):
        method, address = places[number]
        answer = asker.open(address, method=method, headers=headers, data=body)
        assert answer.status_code < 500, answer.text

    ask()
