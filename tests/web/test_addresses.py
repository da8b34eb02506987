"""Addresses that no link leads to: the answer is a problem all the same."""

from ec_builds.store.app import App

#: Paths at which there is nothing.
NOWHERE = [
    "/nowhere",
    "/platform/",
    "/platform/build/",
    "/plugintypes/",
    "/Platform",
    "/platform/7b1d6a52-3c0e-4f7a-9d21-0c5e8a4b1f63",
    "/platform//build",
    "/./platform",
    "/%00",
    "/platform%00",
    "/%ff%fe",
    "/%C3%A4%F0%9F%8E%82",
    "/a%0d%0aX-Header:%20x",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/platform%3FappID=1",
    "/<script>alert(1)</script>",
    "/schema/../../setup.cfg",
    "/schema/%2e%2e%2fsetup",
    "/schema/app.json",
    "/schema/%00",
    "/schema/types/platform-type/nothing",
    "/schema/types/nothing/stub",
    "/doc/error/9999",
    "/doc/error/99999999999999999999999",
    "/doc/error/x",
    "/doc/relation/nothing",
    "/doc/relation/%00",
    "/files/builds/0.zip",
    "/files/builds/99999999999999999999.zip",
    "/files/builds/-1.zip",
    "/files/builds/x.zip",
    "/files/deployments/1/x/y",
    "/files/deployments/1/%00/%00",
    "/sites/",
    "/sites/x",
    "/sites/%00/%00",
    "/sites/50793615/%00",
    "/sites/%ff/x",
    "/sites/" + "x/" * 2000,
    "/docs/nothing.js",
    "/docs/%00",
    "/docs/../setup.cfg",
    "/static/x",
    "/" + "x" * 20_000,
]
#: Queries of apps, with status and code of the answer.
QUERIES = [
    ("title=%ff", 200, None),
    ("%ff=1", 400, 3216),
    ("title=%", 200, None),
    ("title=%zz", 200, None),
    ("&&&", 200, None),
    ("=", 400, 3216),
    ("title", 200, None),
    ("title=a;b", 200, None),
    ("title[]=x", 400, 3216),
    ("title=" + "x" * 60_000, 400, 3212),
    ("title~=" + "x" * 60_000, 400, 3212),
    ("title=" + "x," * 30_000, 400, 3212),
    ("title=" + "(" * 60_000, 400, 3212),
    ("title=" + "x" * 10_000, 200, None),
    ("title~=" + "x" * 10_000, 200, None),
    ("title=" + "x," * 4999, 200, None),
    ("title=" + "(" * 10_000, 200, None),
    ("sort=" + "title," * 10_000 + "title", 200, None),
    ("&".join(f"x{number}=1" for number in range(5000)), 400, 3216),
    ("title=x&" * 5000 + "title=x", 200, None),
]
#: What a client may write into the header Host.
HOSTS = [
    "", " ", "a b", "<script>", 'x"y', "x/y", "x?y#z", "user:pw@x", "x:y", "x:99999", "[::1", "ä",
    "\x7f", "..", "x" * 5000, "{?appID}", "x,y", "http://x", "x:80:80", "%0d%0a",
]


def test_where_nothing_is_there_is_a_problem(client):
    for path in NOWHERE:
        for method in ("GET", "POST", "DELETE"):
            answer = client.open(path, method=method)

            if method == "GET":
                assert (answer.status_code, answer.json["code"]) == (404, 3100), path
            else:
                assert answer.json["code"] in (3100, 3110), path
            own = answer.json["_links"]["self"]["href"]
            assert own.startswith("http://localhost/")
            assert not set(own) & set(" \r\n\0<>\"")


def test_a_path_that_is_none_leads_nowhere(client):
    for path, own in [
        ("//evil.example/x", "evil.example/x"),
        ("/platform//build", "platform//build"),
        ("*", "%2A"),
        ("x", "x"),
        ("/\0", "%00"),
    ]:
        answer = client.get("/", environ_overrides={"PATH_INFO": path})
        assert (answer.status_code, answer.json["code"]) == (404, 3100), path
        assert answer.json["_links"]["self"]["href"] == f"http://localhost/{own}"


def test_slashes_at_the_beginning_are_one(client):
    for path in ("//", "///", "//stats"):
        answer = client.get("/", environ_overrides={"PATH_INFO": path})
        assert answer.json["_links"]["self"]["href"] == "http://localhost/" + path.lstrip("/")


def test_a_problem_leads_back_to_its_own_address(client):
    for address, own in [
        ("/nowhere?a=1&a=2", "nowhere?a=1"),
        ("/nowhere?_token=secret&x=%20", "nowhere?x=+"),
        ("/a%20b%3Fc", "a%20b%3Fc"),
        ("/?size=x&_token=secret&_token=other", "?size=x"),
    ]:
        problem = client.get(address).json
        assert problem["_links"]["self"]["href"] == f"http://localhost/{own}"
        assert "secret" not in str(problem)


def test_a_query_that_nobody_would_write_is_answered(client, app):
    for query, status, code in QUERIES:
        answer = client.get(f"/?{query}")
        assert (answer.status_code, answer.json.get("code")) == (status, code), query[:40]


def test_an_unknown_host_is_taken_as_it_is(client, app):
    answer = client.get("/", headers={"Host": "builds.example.com:8080"})

    assert answer.json["_links"]["self"]["href"] == "http://builds.example.com:8080/"


def test_a_hostile_host_breaks_nothing(client, app):
    for host in HOSTS:
        for path in ("/", "/nowhere", "/docs", "/schema/app", "/doc/error/"):
            answer = client.get(path, headers={"Host": host})

            assert answer.status_code in (200, 308, 400, 404), (host, path)
            for href in hrefs(answer.json) if answer.mimetype.endswith("json") else ():
                assert href.startswith("http://"), (host, path)
                assert not set(href) & set(" \r\n\0<>\"\\"), href
            assert "<script>" not in answer.text


def hrefs(document):
    """The addresses of a document, without the braces of templates."""
    for links in document.get("_links", {}).values():
        for each in links if isinstance(links, list) else [links]:
            yield each["href"].replace("{", "").replace("}", "")


def test_texts_of_others_are_shown_as_texts(client):
    App.make("<script>alert(1)</script>", "#d97706")

    assert client.get("/").mimetype == "application/hal+json"
    assert client.get("/doc/relation/<script>").mimetype == "application/problem+json"
