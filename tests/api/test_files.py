"""Results to download, and deployed sites as their visitors see them."""

import hashlib

import pytest

from ec_builds.store.site import Site

FILES = {
    "index.html": "<h1>Größe</h1>",
    "404.html": "<h1>Lost</h1>",
    "blog/index.html": "<h1>Blog</h1>",
    "blog/a b.txt": "text",
    "app.js": "alert(1)",
    "style.css": "h1 {}",
    "menu.json": "{}",
    "image.svg": "<svg/>",
    "empty/x/deep.txt": "deep",
    "unknown.xyz123": "?",
    "no-ending": "?",
}
#: A position with more digits than Python reads.
MANY = "9" * 5000


@pytest.fixture
def site(make_plugin):
    """A target that is a web site."""
    return make_plugin("target", "localWebServer", path="shop")


@pytest.fixture
def zipped(make_plugin):
    """A target that keeps a zip for download."""
    return make_plugin("target", "zipDownload")


@pytest.fixture
def platform(make_platform, site, zipped):
    return make_platform(targets=[zipped, site], files=FILES)


@pytest.fixture
def built(platform, build):
    return build(platform)


@pytest.fixture
def deployment(platform, built, deploy):
    return deploy(platform, built)


@pytest.fixture
def addresses(built, deployment):
    """Where the zip of the build and the kept one are."""
    return [built["buildLocation"]["config"]["url"], deployment["results"][0]]


def test_a_zip_is_a_file_to_download(client, built, addresses):
    config = built["buildLocation"]["config"]
    for address in addresses:
        answer = client.get(address)

        assert (answer.status_code, answer.mimetype) == (200, "application/zip")
        assert answer.content_length == len(answer.data) == config["size"]
        assert hashlib.sha256(answer.data).hexdigest() == config["sha256"]
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        assert answer.headers["Content-Security-Policy"] == "sandbox"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Accept-Ranges"] == "bytes"
        head = client.head(address)
        assert (head.status_code, head.data, head.content_length) == (200, b"", config["size"])


def test_a_zip_is_for_those_who_have_a_token(client, token, addresses):
    for address in addresses:
        answer = client.get(address, headers={"Authorization": "Bearer x"})
        assert answer.json["code"] == 3401
        del client.environ_base["HTTP_AUTHORIZATION"]
        assert client.get(address).json["code"] == 3400
        assert client.get(f"{address}?_token={token}").status_code == 200
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"


def test_a_part_of_a_zip_can_be_had(client, addresses):
    for address in addresses:
        whole = client.get(address)
        size = len(whole.data)
        for wanted, start, end in [
            ("bytes=0-9", 0, 10),
            (f"bytes={size - 3}-", size - 3, size),
            ("bytes=-3", size - 3, size),
            (f"bytes=5-{size + 100}", 5, size),
            (f"bytes=5-{MANY}", 5, size),
            (f"bytes=-{MANY}", 0, size),
        ]:
            part = client.get(address, headers={"Range": wanted})
            assert (part.status_code, part.data) == (206, whole.data[start:end]), wanted
            assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        for start in (size, MANY):
            beyond = client.get(address, headers={"Range": f"bytes={start}-"})
            assert (beyond.status_code, beyond.json["code"]) == (416, 3114)
            assert beyond.headers["Content-Range"] == f"bytes */{size}"
        for ignored in ("lines=1-2", "bytes=9-1", "bytes=x", ""):
            answer = client.get(address, headers={"Range": ignored})
            assert answer.status_code in (200, 416), ignored


def test_a_zip_need_not_be_sent_twice(client, addresses):
    for address in addresses:
        tag = client.get(address).headers["ETag"]
        again = client.get(address, headers={"If-None-Match": tag})
        changed = client.get(address, headers={"If-Range": '"x"', "Range": "bytes=0-1"})

        assert (again.status_code, again.data) == (304, b"")
        assert changed.status_code == 200


def test_only_what_is_kept_can_be_had(client, built, deployment, site, zipped):
    number, target_id = deployment["deploymentID"], zipped["targetID"]
    for path in (
        f"builds/{built['buildID'] + 1}.zip",
        f"deployments/{number + 1}/{target_id}/x.zip",
        f"deployments/{number}/{site['targetID']}/x.zip",
        f"deployments/{number}/{number}/x.zip",
        f"deployments/{number}/..%2F..%2F..%2Fsecret-key/x.zip",
    ):
        answer = client.get(f"/files/{path}")
        assert (answer.status_code, answer.json["code"]) == (404, 3100), path


def test_a_build_that_failed_has_no_zip(client, make_platform, build):
    failed = build(make_platform(files={}))

    assert client.get(f"/files/builds/{failed['buildID']}.zip").json["code"] == 3100


@pytest.fixture
def visit(anonymous, deployment, client):
    """Asks for a page of the site, as anybody."""
    root = deployment["results"][1]

    def visit(path="", **options):
        headers = {"Authorization": "", **options.pop("headers", {})}
        return anonymous.get(root + path, headers=headers, **options)

    return visit


def test_a_site_is_served_to_everybody(visit):
    for path, data, content_type in [
        ("", FILES["index.html"], "text/html; charset=utf-8"),
        ("index.html", FILES["index.html"], "text/html; charset=utf-8"),
        ("blog/", FILES["blog/index.html"], "text/html; charset=utf-8"),
        ("blog/a%20b.txt", "text", "text/plain; charset=utf-8"),
        ("app.js", "alert(1)", "text/javascript; charset=utf-8"),
        ("style.css", "h1 {}", "text/css; charset=utf-8"),
        ("menu.json", "{}", "application/json; charset=utf-8"),
        ("image.svg", "<svg/>", "image/svg+xml"),
        ("unknown.xyz123", "?", "application/octet-stream"),
        ("no-ending", "?", "application/octet-stream"),
        ("app.js?v=1", "alert(1)", "text/javascript; charset=utf-8"),
    ]:
        answer = visit(path)
        assert (answer.status_code, answer.text) == (200, data), path
        assert answer.content_type == content_type
        assert answer.headers["Content-Security-Policy"].startswith("sandbox ")
        assert "allow-same-origin" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        again = visit(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


def test_a_folder_has_a_slash_at_its_end(client, visit, deployment):
    root = deployment["results"][1]
    folder, whole = visit("blog"), client.get(root.rstrip("/"))

    assert (folder.status_code, folder.headers["Location"]) == (308, f"{root}blog/")
    assert (whole.status_code, whole.headers["Location"]) == (308, root)


def test_what_a_site_lacks_is_its_own_page(visit):
    for path in ("nowhere", "nowhere/", "empty", "empty/", "blog/nowhere.html", "index.html/",
                 "index.html/x", "%00", "a%0ab", "x" * 300, "%2e%2e/%2e%2e/result.zip",
                 "..%2f..%2f..%2fsecret-key", "blog//a%20b.txt", ".", "%5c..%5c"):
        answer = visit(path)
        if "Location" not in answer.headers:
            assert answer.status_code == 404, path
            assert answer.text in (FILES["404.html"], "") or answer.json["code"] == 3100


def test_a_site_cannot_be_left(visit):
    for path in ("../../../../secret-key", "../../../x", "/etc/passwd", "//etc/passwd"):
        for spelling in (path, path.replace("..", "%2e%2e"), path.replace("/", "%2f")):
            assert visit(spelling).status_code in (404, 308), spelling


def test_a_site_without_a_page_for_it_has_a_problem(
    client, make_plugin, make_platform, build, deploy
):
    target = make_plugin("target", "localWebServer", path="bare")
    platform = make_platform(targets=[target], files={"a.txt": "a"})
    [root] = deploy(platform, build(platform))["results"]

    for path in ("", "nowhere", "index.html"):
        answer = client.get(root + path)
        assert (answer.status_code, answer.json["code"]) == (404, 3100)
    assert client.get(f"{root}a.txt").text == "a"


def test_the_newest_deployment_is_served(client, make_platform, site, build, deploy, runtime):
    roots = []
    for text in ("one", "two"):
        files = {"index.html": text, f"{text}.txt": ""}
        platform = make_platform(text, targets=[site], files=files)
        [root] = deploy(platform, build(platform))["results"]
        roots.append(root)
        assert client.get(root).text == text
    runtime.executor.reconciler.turn()

    assert roots[0] == roots[1]
    assert client.get(roots[0]).text == "two"
    assert client.get(f"{roots[0]}one.txt").status_code == 404
    assert Site.select().count() == 1


def test_sites_of_two_apps_may_have_the_same_path(
    client, make, make_plugin, make_platform, build, deploy
):
    roots = []
    for title in ("one", "two"):
        app = make("/", title=title, hexColor="#000000")
        target = make_plugin("target", "localWebServer", of=app, path="shop")
        platform = make_platform(of=app, targets=[target], files={"index.html": title})
        roots += deploy(platform, build(platform))["results"]

    assert roots[0] != roots[1]
    assert [client.get(root).text for root in roots] == ["one", "two"]


def test_a_site_can_only_be_looked_at(client, deployment):
    for method in ("post", "put", "delete", "patch"):
        answer = getattr(client, method)(deployment["results"][1])
        assert (answer.status_code, answer.json["code"]) == (405, 3110)
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
