"""What every answer says beside its body: CORS, Allow and a few for safety (reference 1.8)."""

import pytest

ADDRESSES = ["/", "/platform", "/codesource", "/datasource", "/target", "/platform/build",
             "/platform/deployment", "/stats", "/plugintypes"]
CREATING = ADDRESSES[:7]
NOBODY = "00000000-0000-4000-8000-000000000000"
#: Addresses, and the methods that they know.
ALLOWED = [
    *((path, "GET, HEAD, POST, OPTIONS") for path in CREATING),
    *((path, "GET, HEAD, OPTIONS") for path in ADDRESSES[7:]),
    *(
        (f"{path}?{own}={NOBODY}", "GET, HEAD, PUT, DELETE, OPTIONS")
        for path, own in [
            ("/", "appID"), ("/platform", "platformID"), ("/codesource", "codeSourceID"),
            ("/datasource", "dataSourceID"), ("/target", "targetID"),
        ]
    ),
    ("/platform?appID=1", "GET, HEAD, POST, OPTIONS"),
    ("/platform/build?buildID=1", "GET, HEAD, DELETE, OPTIONS"),
    ("/platform/build/pin", "POST, OPTIONS"),
    ("/platform/build/unpin?buildID=1", "POST, OPTIONS"),
    ("/platform/deployment?deploymentID=1", "GET, HEAD, OPTIONS"),
    ("/retention", "GET, HEAD, OPTIONS"),
    (f"/retention?appID={NOBODY}", "GET, HEAD, PUT, OPTIONS"),
    (f"/retention/preview?appID={NOBODY}", "GET, HEAD, OPTIONS"),
    (f"/stats?appID={NOBODY}", "GET, HEAD, OPTIONS"),
    ("/healthz", "GET, HEAD, OPTIONS"),
    ("/nowhere", "OPTIONS"),
]


def test_every_answer_may_be_read_by_pages_from_anywhere(client, app):
    answers = [
        client.get("/"),
        client.post("/", json={"title": "x", "hexColor": "#d97706"}),
        client.post("/", json={}),
        client.delete(f"/?appID={NOBODY}"),
        client.delete(f"/?appID={app['appID']}"),
        client.patch("/"),
        client.get("/nowhere"),
        client.get("/", headers={"Authorization": "Bearer x"}),
        client.get("/schema/app"),
        client.get("/healthz"),
        client.get("/openapi.json"),
        client.get("/docs"),
        client.options("/"),
        client.options("/nowhere"),
    ]

    assert {answer.status_code for answer in answers} == {200, 201, 204, 308, 400, 401, 404, 405}
    for answer in answers:
        headers = answer.headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Access-Control-Allow-Methods"] == "GET, PUT, POST, DELETE, OPTIONS"
        assert set(headers["Access-Control-Expose-Headers"].split(", ")) == {
            "Accept-Ranges", "Allow", "Content-Range", "ETag", "Location", "Retry-After",
            "X-Request-ID",
        }
        assert "Access-Control-Allow-Headers" not in headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert len(headers["X-Request-ID"]) == 16


def test_a_preflight_needs_no_token(anonymous):
    asked = "authorization,content-type,x-user-agent"
    paths = [*ADDRESSES, "/schema/app", "/files/builds/1.zip", "/nowhere", "/?appID=nonsense"]

    for path in paths:
        answer = anonymous.options(
            path,
            headers={
                "Origin": "https://editor.example.com",
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": asked,
            },
        )
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Access-Control-Allow-Headers"] == asked
        assert "Access-Control-Request-Headers" in answer.headers["Vary"]
        assert "OPTIONS" in answer.headers["Allow"].split(", ")


def test_allow_names_the_methods_of_an_address(client):
    for address, allow in ALLOWED:
        offered = client.options(address).headers["Allow"]
        refused = client.patch(address)

        assert offered == allow, address
        if address != "/nowhere":
            assert (refused.status_code, refused.json["code"]) == (405, 3110)
            assert (refused.json["detail"], refused.headers["Allow"]) == ("PATCH", allow)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "X" * 100])
def test_unheard_of_methods_are_refused(client, method):
    answer = client.open("/", method=method)

    assert (answer.status_code, answer.json["code"]) == (405, 3110)
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


def test_allow_of_a_method_that_nobody_has_is_for_whoever_asks(client, somebody):
    app = client.post("/", json={"title": "Bakery", "hexColor": "#d97706"}).json
    viewer = somebody("vera", "viewer", app)
    everything = "GET, HEAD, PUT, DELETE, OPTIONS"

    for who, allowed in ((client, everything), (viewer, "GET, HEAD, OPTIONS")):
        answer = who.open(f"/?appID={app['appID']}", method="PATCH")
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_a_problem_bears_the_id_of_its_request(client):
    first, second = client.get("/nowhere"), client.get("/nowhere")

    assert first.json["requestID"] == first.headers["X-Request-ID"]
    assert first.json["requestID"] != second.json["requestID"]


def test_nothing_but_pages_for_people_is_text(client, app):
    for path in ("/", f"/?appID={app['appID']}", "/plugintypes", "/stats", "/?size=0"):
        assert client.get(path).content_type == "application/hal+json"
    assert client.get("/nowhere").content_type == "application/problem+json"
    assert client.get("/schema/app").content_type == "application/schema+json"
    assert client.options("/").mimetype == "application/json"
