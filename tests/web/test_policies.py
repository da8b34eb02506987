"""What browsers may do with our answers: each has its headers, whatever it is."""

import re

import pytest

from ec_builds.web import policies

#: Addresses for the rules that have variables in them.
PLACES = {
    "name": "app", "part": "code-source", "type": "stub", "code": "3100", "build_id": "1",
    "deployment_id": "1", "target_id": "x",
}
PATHS = {"documentation.relation": "/doc/relation/app", "swagger_ui.show": "/docs/swagger-ui.css"}
#: The pages that are ours, and run or show more than nothing.
PAGES = ["/doc/relation/", "/doc/relation/app", "/doc/error/", "/doc/error/3100"]
DOCUMENT = "/docs/"


def path_of(rule):
    """An address of a rule."""
    if rule.endpoint in PATHS and rule.arguments:
        return PATHS[rule.endpoint]
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: PLACES.get(found[1], "x"), rule.rule)


def is_of_site(answer):
    """Whether an answer is a file of a deployed site."""
    return answer.request.path.startswith("/sites/") and answer.mimetype == "text/html"


def directives(answer):
    policy = answer.headers["Content-Security-Policy"]
    return dict(each.partition(" ")[::2] for each in policy.split("; "))


@pytest.fixture
def every_answer(application, client, make_platform, build, deploy, make_plugin):
    """An answer of every method of every route, and of a site; asked for with and without https."""
    platform = make_platform(targets=[make_plugin("target", "localWebServer", path="shop")])
    deployed = deploy(platform, build(platform))
    build(platform)

    def answers(**options):
        for rule in application.url_map.iter_rules():
            for method in sorted(rule.methods - {"PUT", "DELETE"}):
                yield client.open(path_of(rule), method=method, **options)
        yield client.get(deployed["results"][0], **options)
        yield client.get("/platform/build/log?buildID=1", **options)
        yield client.get("/no/such", **options)
        yield client.get("/", headers={"Authorization": "Bearer x"}, **options)
        yield client.get("/", headers={"Host": "a b"}, **options)
        yield client.get("/docs", **options)
        yield client.patch("/", **options)

    return answers


def test_every_answer_has_its_headers(every_answer):
    answers = list(every_answer())

    assert {answer.status_code for answer in answers} >= {200, 308, 400, 401, 404, 405}
    for answer in answers:
        headers, where = answer.headers, (answer.request.method, answer.request.path)
        assert headers["X-Content-Type-Options"] == "nosniff", where
        assert headers["Referrer-Policy"] == "no-referrer", where
        assert headers["Cache-Control"], where
        assert headers["Content-Security-Policy"], where
        assert "Access-Control-Allow-Credentials" not in headers, where
        assert headers["Access-Control-Allow-Origin"] == "*", where
        assert "Strict-Transport-Security" not in headers, where
        assert "Set-Cookie" not in headers, where
        assert not {"Server", "X-Powered-By"} & {*headers.keys()}, where
        embedded = "cross-origin" if is_of_site(answer) else "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == embedded, where


def test_what_is_no_page_may_do_nothing(every_answer):
    for answer in every_answer():
        told, path = directives(answer), answer.request.path
        if is_of_site(answer):
            assert "allow-same-origin" not in told["sandbox"]
        elif "sandbox" in told:
            assert told == {"sandbox": ""}
        else:
            assert told["default-src"] == told["frame-ancestors"] == "'none'", path
            assert answer.headers["X-Frame-Options"] == "DENY"
            if not path.startswith(("/doc/", "/docs/")):
                assert not {"script-src", "style-src"} & told.keys(), path


def test_https_is_for_good(every_answer):
    for answer in every_answer(base_url="https://localhost/"):
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_what_is_secret_or_missing_is_not_kept(client, app, anonymous):
    for answer in (
        client.post("/", json={"title": "x", "hexColor": "#d97706"}), client.post("/", json={}),
        client.get("/no/such"), anonymous.get("/", headers={"Authorization": ""}),
        client.get("/metrics"), client.get("/healthz"), client.options("/"),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/").headers["Cache-Control"] == "private, no-cache"
    assert "public" in client.get("/schema/app").headers["Cache-Control"]


def inside(html, kind):
    """What stands between tags, and what their attributes are."""
    return re.findall(rf"<{kind}([^>]*)>(.*?)</{kind}>", html, re.DOTALL)


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_their_style_and_run_nothing(anonymous, path):
    answer = anonymous.get(path)
    told = directives(answer)

    [(attributes, style)] = inside(answer.text, "style")
    assert (attributes, told["style-src"]) == ("", f"'sha256-{policies.digest(style)}'")
    assert "script-src" not in told and told["default-src"] == "'none'"
    assert not inside(answer.text, "script")
    assert not re.search(r"\s(style|on\w+)\s*=", answer.text)
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_page_of_the_document_runs_what_is_on_it_and_no_more(anonymous):
    for host in ("localhost", "builds.example.com"):
        answer = anonymous.get(DOCUMENT, headers={"Host": host})
        told = directives(answer)

        scripts = [code for _, code in inside(answer.text, "script") if code.strip()]
        [digest] = map(policies.digest, scripts)
        assert told["script-src"] == f"'self' 'sha256-{digest}'"
        assert told["connect-src"] == "'self'"
        assert host == "localhost" or host not in answer.text


def test_a_site_is_as_its_author_wants_it(client, make_platform, build, deploy, make_plugin):
    platform = make_platform(targets=[make_plugin("target", "localWebServer", path="shop")])
    answer = client.get(deploy(platform, build(platform))["results"][0])

    assert directives(answer).keys() == {"sandbox"}
    assert not {"X-Frame-Options", "Cross-Origin-Opener-Policy"} & {*answer.headers.keys()}
