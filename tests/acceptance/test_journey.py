"""From a git repository to a site and back, over plain HTTP."""

import hashlib
import io
import os
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.making import (
    make_app, make_platform, make_plugin, start_build, start_deployment,
)
from tests.acceptance.server import Server, address_of, link, wait_until

FILES = {
    "index.html": "<h1>Bakery</h1>",
    "style.css": "h1 { color: #d97706 }",
    "app.js": "fetch('data.json')",
    "logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "docs/index.html": "<h1>Docs</h1>",
    "404.html": "<h1>Not here</h1>",
}
COMMANDS = [
    "mkdir public && cp -r src/. public/",
    'cp "$EC_BUILDS_DATA" public/data.json',
    'printf "build %s for %s" "$EC_BUILDS_BUILD_ID" "$CUSTOMER" > public/build.txt',
]
NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Nobody",
    "GIT_AUTHOR_EMAIL": "nobody@example.com",
    "GIT_COMMITTER_NAME": "Nobody",
    "GIT_COMMITTER_EMAIL": "nobody@example.com",
}


def git(folder, *arguments):
    command = ["git", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **NOBODY})


@pytest.fixture(scope="session")
def repository(tmp_path_factory):
    """The address of a small git repository whose website stands in `src`."""
    folder = tmp_path_factory.mktemp("repository")
    for name, text in FILES.items():
        place = folder / "src" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=Open the bakery")
    return folder.as_uri()


def make_shop(http, title, repository, config, targets):
    """An app with a platform of commands over a repository. Returns both, and the targets."""
    app = make_app(http, title)
    made = [make_plugin(http, app, "target", type, **more) for type, more in targets]
    platform = make_platform(
        http, app, "website", config,
        codesource=make_plugin(http, app, "codesource", "remoteGit", giturl=repository),
        datasource=make_plugin(http, app, "datasource", data={"cakes": ["Käsekuchen", None]}),
        targets=made,
    )
    return app, platform, made


@pytest.fixture(scope="session")
def journey(http, repository):
    """A website that was built and deployed: app, platform, build and deployment at their ends."""
    config = {"commands": COMMANDS, "buildDir": "public", "environment": {"CUSTOMER": "Löwe & Co"}}
    targets = [("localWebServer", {"path": "bakery/test"}), ("zipDownload", {})]
    app, platform, targets = make_shop(http, "Bakery", repository, config, targets)
    build = http.finished(start_build(http, platform, comment="first"))
    assert build["successful"] == "success", build["events"]
    deployment = http.finished(start_deployment(http, platform, build, targets))
    assert deployment["successful"] == "success", deployment["events"]
    return app, platform, build, deployment


@pytest.fixture
def site(journey):
    """The address of the deployed site."""
    return journey[3]["results"][0]


def test_a_build_tells_its_story(journey):
    _, platform, build, _ = journey
    events = build["events"]
    milestones = [each["message"] for each in events if not each["temporary"]]

    assert milestones[0] == "Build accepted"
    assert milestones[-1] == "Build succeeded"
    assert [each["buildEventID"] for each in events] == sorted(
        each["buildEventID"] for each in events
    )
    for command in COMMANDS:
        assert any(command in each["message"] for each in events), command
    assert build["started"] < build["finished"]
    assert address_of(build, "ec:app/platform") == address_of(platform)


def test_the_zip_is_what_the_build_says_it_is(http, journey):
    _, _, build, deployment = journey
    location = build["buildLocation"]["config"]

    answer = http.get(location["url"])
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert len(answer.content) == location["size"]
    assert hashlib.sha256(answer.content).hexdigest() == location["sha256"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        found = {name: packed.read(name).decode() for name in packed.namelist()}
    assert FILES.items() <= found.items()
    assert found["build.txt"] == f"build {build['buildID']} for Löwe & Co"
    assert "Käsekuchen" in found["data.json"]
    assert http.get(deployment["results"][1]).content == answer.content


def test_a_zip_is_fetched_with_a_token_and_in_parts(http, server, journey):
    url = journey[2]["buildLocation"]["config"]["url"]
    whole = http.get(url)

    part = http.get(url, headers={"Range": "bytes=2-5"})
    assert part.status_code == 206
    assert part.content == whole.content[2:6]
    assert part.headers["Content-Range"] == f"bytes 2-5/{len(whole.content)}"
    end = http.get(url, headers={"Range": "bytes=-4"})
    assert end.content == whole.content[-4:]
    beyond = http.get(url, headers={"Range": "bytes=999999999-"})
    assert (beyond.status_code, beyond.json()["status"]) == (416, 416)
    known = http.get(url, headers={"If-None-Match": whole.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    stranger = http.build_request("GET", url)
    del stranger.headers["Authorization"]
    refused = http.send(stranger)
    assert (refused.status_code, refused.json()["code"]) == (401, 3400)
    assert http.get(f"{url}?_token={server.token}").content == whole.content


@pytest.mark.parametrize(
    "name, content_type",
    [
        ("index.html", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("logo.svg", "image/svg+xml"),
        ("data.json", "application/json; charset=utf-8"),
        ("build.txt", "text/plain; charset=utf-8"),
    ],
)
def test_files_of_a_site_have_their_types(http, site, name, content_type):
    answer = http.get(f"{site.rstrip('/')}/{name}", headers={"Authorization": ""})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text == FILES.get(name, answer.text)


def test_folders_of_a_site_show_their_index(http, site):
    site = site.rstrip("/")

    assert http.get(f"{site}/").text == FILES["index.html"]
    bare = http.get(site)
    assert (bare.status_code, bare.headers["Location"]) == (308, f"{site}/")
    docs = http.get(f"{site}/docs")
    assert (docs.status_code, docs.headers["Location"]) == (308, f"{site}/docs/")
    assert http.get(f"{site}/docs/").text == FILES["docs/index.html"]
    missing = http.get(f"{site}/nothing/here")
    assert (missing.status_code, missing.text) == (404, FILES["404.html"])
    assert http.get(f"{site}/%2e%2e/%2e%2e/admin-token").status_code == 404


def test_files_of_a_site_come_in_parts_and_only_when_they_changed(http, site):
    page = f"{site.rstrip('/')}/index.html"
    whole = http.get(page)

    part = http.get(page, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.text) == (206, "<h1>")
    known = http.get(page, headers={"If-None-Match": whole.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    head = http.head(page)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.content))


def test_the_course_of_things_is_linked(http, journey):
    app, platform, build, deployment = journey

    platform = http.read(address_of(platform))
    assert address_of(platform, "ec:app/build/latest") == address_of(build)
    assert address_of(platform, "ec:app/deployment/latest") == address_of(deployment)
    build = http.read(address_of(build))
    assert address_of(build, "ec:app/deployment/latest") == address_of(deployment)
    assert address_of(deployment, "ec:app/build") == address_of(build)
    (linked,) = http.read(address_of(app))["_links"]["ec:app/platform"]
    assert linked["title"] == platform["title"]


def test_a_failing_command_is_named_with_its_exit_code_and_output(http, repository):
    failing = "echo on the way; echo 'no flour' >&2; exit 7"
    config = {"commands": ["true", failing, "touch never"], "buildDir": "public"}
    _, platform, _ = make_shop(http, "Failing", repository, config, [("zipDownload", {})])

    build = http.finished(start_build(http, platform))

    last = build["events"][-1]
    assert (build["successful"], build["buildLocation"]) == ("error", None)
    assert build["finished"]
    assert (last["buildEventType"], last["temporary"]) == ("error", False)
    assert "exit code 7" in last["message"]
    assert last["info"]["command"] == failing
    assert last["info"]["exitCode"] == 7
    assert last["info"]["output"] == "on the way\nno flour"
    assert not any("never" in each["message"] for each in build["events"])
    (target_id,) = targets_of(platform)
    answer = http.post(
        f"{address_of(platform, 'ec:app/deployments')}"
        f"&buildID={build['buildID']}&targetID={target_id}"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, 3212)
    assert answer.json()["detail"] == "buildID"


def targets_of(platform):
    links = platform["_links"]["ec:app/target"]
    links = links if isinstance(links, list) else [links]
    return [each["href"].rpartition("=")[2] for each in links]


def test_a_repository_that_is_not_there_fails_the_build(http, tmp_path):
    app = make_app(http, "No repository")
    nowhere = (tmp_path / "nowhere").as_uri()
    code = make_plugin(http, app, "codesource", "remoteGit", giturl=nowhere)
    platform = make_platform(http, app, codesource=code)

    build = http.finished(start_build(http, platform))

    assert build["successful"] == "error"
    assert build["events"][-1]["buildEventType"] == "error"


def processes(word):
    """The processes of this machine whose command line contains a word."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # ended meanwhile
        if word.encode() in line:
            found.append(int(folder.name))
    return found


@pytest.fixture
def sleeper(tmp_path):
    """A command that runs long and has children, and a word that its processes are known by."""
    word = f"86400.{time.monotonic_ns()}"
    return f"sleep {word} & (sleep {word} & wait) & sleep {word}", word


def test_deleting_a_running_build_ends_all_its_processes(http, repository, sleeper):
    command, word = sleeper
    config = {"commands": [command], "buildDir": "public"}
    _, platform, _ = make_shop(http, "Deleting", repository, config, [("zipDownload", {})])
    build = start_build(http, platform)
    wait_until(lambda: len(processes(f"sleep\0{word}")) == 3)

    begun = time.monotonic()
    answer = http.delete(address_of(build))
    assert answer.status_code == 200
    assert answer.json()["buildID"] == build["buildID"]
    assert http.get(address_of(build)).status_code == 404
    wait_until(lambda: not processes(word), patience=2 - (time.monotonic() - begun))

    listed = http.read(address_of(platform, "ec:app/builds"))
    assert listed["total"] == 0


def test_deleting_an_app_takes_everything_below_it_along(http, repository):
    config = {"commands": COMMANDS, "buildDir": "public"}
    targets = [("localWebServer", {"path": "going"})]
    app, platform, (target,) = make_shop(http, "Going", repository, config, targets)
    build = http.finished(start_build(http, platform))
    deployment = http.finished(start_deployment(http, platform, build, [target]))
    (site,) = deployment["results"]
    assert http.get(f"{site.rstrip('/')}/build.txt").status_code == 200
    kept = http.delete(address_of(target))
    assert (kept.status_code, kept.json()["code"]) == (403, 3370)

    gone = http.delete(address_of(app))

    assert (gone.status_code, gone.content) == (204, b"")
    for each in (app, platform, target, build, deployment):
        answer = http.get(address_of(each))
        assert (answer.status_code, answer.json()["code"]) == (404, 3102)
    assert http.get(build["buildLocation"]["config"]["url"]).status_code == 404
    assert http.get(f"{site.rstrip('/')}/build.txt").status_code == 404


def test_a_build_survives_the_restart_of_its_server(tmp_path, repository, sleeper):
    command, word = sleeper
    server = Server(tmp_path / "home").start()
    try:
        with server.client() as http:
            config = {"commands": [command], "buildDir": "public"}
            _, platform, _ = make_shop(http, "Patience", repository, config, [("zipDownload", {})])
            build = start_build(http, platform)
            wait_until(lambda: processes(f"sleep\0{word}"))
            # A build that is begun again is begun with what is configured then.
            quick = {"commands": ["mkdir public", "echo back > public/index.html"]}
            body = {**platform, "config": {**config, **quick}}
            assert http.put(address_of(platform), json=body).status_code == 200

        assert server.stop() == 0
        wait_until(lambda: not processes(word), patience=2)
        server.start()

        with server.client() as http:
            own = address_of(build).partition("?")[2]
            again = http.finished(http.read(f"platform/build?{own}"))
            assert again["successful"] == "success", "\n".join(str(e) for e in again["events"])
            assert again["started"] == build["started"]
            messages = [each["message"] for each in again["events"]]
            assert messages[0] == "Build accepted"
            assert messages.count("Build started") == 2
            assert messages[-1] == "Build succeeded"
            (later,) = http.read(address_of(again, "collection"))["_embedded"]["ec:app/build"]
            assert later["buildID"] == build["buildID"]
    finally:
        assert server.stop() == 0


def test_what_was_committed_last_is_what_is_built(http, repository, tmp_path):
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", repository, str(folder))
    app = make_app(http, "Branches")
    code = make_plugin(
        http, app, "codesource", "remoteGit", giturl=folder.as_uri(), branch="next",
        subdirectory="src",
    )
    platform = make_platform(http, app, codesource=code)
    assert http.finished(start_build(http, platform))["successful"] == "error"

    git(folder, "checkout", "--quiet", "-b", "next")
    (folder / "src" / "index.html").write_text("<h1>Next</h1>")
    git(folder, "commit", "--quiet", "--all", "--message=Next")
    build = http.finished(start_build(http, platform))

    assert build["successful"] == "success", build["events"]
    answer = http.get(build["buildLocation"]["config"]["url"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.read("index.html") == b"<h1>Next</h1>"


def test_a_platform_can_be_given_another_code_source(http):
    app = make_app(http, "Exchange")
    platform = make_platform(http, app)
    other = make_plugin(http, app, "codesource", files={"index.html": "other"})
    links = {**platform["_links"], "ec:app/codesource": [link(other)]}

    edited = http.put(address_of(platform), json={**platform, "_links": links})

    assert edited.status_code == 200
    assert address_of(edited.json(), "ec:app/codesource") == address_of(other)
    before = platform["_links"]["ec:app/codesource"]["href"]
    assert http.delete(before).status_code == 204
    build = http.finished(start_build(http, platform))
    assert build["successful"] == "success"
