"""Addresses for those who can send no token: downloads, logs and event streams."""

import logging
from urllib.parse import urlsplit

import pytest

from ec_builds.auth import addresses
from ec_builds.auth.addresses import Addresses
from ec_builds.auth.roles import Role
from ec_builds.store.account import Account, Token
from ec_builds.store.member import Member

DOWNLOAD, LOG, EVENTS = (
    "ec:app/build/download", "ec:app/build/log/address", "ec:app/build/events/address"
)
ALL = (DOWNLOAD, LOG, EVENTS)
EXPIRED, INVALID = (401, 3402), (401, 3401)


@pytest.fixture
def built(make_platform, build):
    """A build with a file."""
    return build(make_platform(files={"index.html": "x" * 1000}))


@pytest.fixture
def stranger(application, client):
    """A client without a token."""
    return application.test_client()


@pytest.fixture
def make_address(client):
    """A maker of addresses; returns what is to be asked for."""

    def make_address(document, relation=DOWNLOAD, by=client, **body):
        links = document["_links"][relation]
        href = (links[0] if isinstance(links, list) else links)["href"]
        answer = by.post(href, json=body or None)
        assert answer.status_code == 200, answer.json
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json["method"] == "GET"
        return answer.json["url"].removeprefix("http://localhost")

    return make_address


@pytest.fixture
def jo(application, runtime, client, app):
    """A viewer of the app."""
    account = Account.named("jo", "jo@example.com")
    Member.join(app["appID"], account.id, Role.VIEWER.word)
    row, text = runtime.tokens.issue(account, "jo")
    made = application.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    made.account, made.token = account, row
    return made


def problem(answer):
    return answer.status_code, answer.json["code"]


def test_a_file_is_downloaded_without_a_token(client, stranger, built, make_address):
    url = make_address(built)
    known = client.get(built["buildLocation"]["config"]["url"])

    found, head = stranger.get(url), stranger.head(url)
    part = stranger.get(url, headers={"Range": "bytes=10-19"})
    again = stranger.get(url, headers={"If-None-Match": known.headers["ETag"]})

    assert found.data == known.data
    assert (head.status_code, head.headers["ETag"]) == (200, known.headers["ETag"])
    assert (part.status_code, part.data) == (206, known.data[10:20])
    assert again.status_code == 304


def test_a_log_is_read_and_a_build_is_watched_without_a_token(
    client, stranger, built, make_address
):
    log, events = (make_address(built, relation) for relation in (LOG, EVENTS))
    stream = client.get(built["_links"]["ec:app/build/events/stream"]["href"]).data
    last = stream.decode().rpartition("id: ")[2].partition("\n")[0]

    assert stranger.get(log).mimetype == "text/plain"
    assert stranger.get(events).data == stream
    assert stranger.get(events, headers={"Last-Event-ID": last}).status_code == 204


def test_a_file_that_a_target_keeps_is_downloaded_without_a_token(
    client, stranger, make_platform, make_plugin, build, deploy, make_address
):
    names = ("one.zip", "two.zip")
    targets = [make_plugin("target", "zipDownload", filename=name) for name in names]
    site = make_plugin("target", "localWebServer", path="x")
    platform = make_platform(targets=[*targets, site])
    deployed = deploy(platform, build(platform))
    links = deployed["_links"]["ec:app/deployment/download"]

    found = [client.post(link["href"]) for link in links]

    for answer, target, result in zip(found, targets, deployed["results"]):
        url = answer.json["url"].removeprefix("http://localhost")
        assert target["targetID"] in url
        assert stranger.get(url).data == client.get(result).data
    place = f"/platform/deployment/download?deploymentID={deployed['deploymentID']}"
    assert problem(client.post(place)) == (400, 3202)
    of_site = client.post(f"{place}&targetID={site['targetID']}")
    assert problem(of_site) == (404, 3102)
    alone = deploy(platform, build(platform), [site["targetID"]])
    assert "ec:app/deployment/download" not in alone["_links"]
    nothing = client.post(f"/platform/deployment/download?deploymentID={alone['deploymentID']}")
    assert problem(nothing) == (405, 3110)


def test_what_has_no_file_has_no_address_for_it(client, make_platform, build):
    failed = build(make_platform(config={"directory": "nowhere"}))
    place = f"/platform/build/download?buildID={failed['buildID']}"

    answer = client.post(place)

    assert DOWNLOAD not in failed["_links"] and LOG in failed["_links"]
    assert (problem(answer), answer.headers["Allow"]) == ((405, 3110), "OPTIONS")
    assert answer.json["verbose"] == "There is no file to download."


def test_documents_show_no_signature(client, built, make_address):
    before = client.get(built["_links"]["self"]["href"]).data
    make_address(built)

    assert client.get(built["_links"]["self"]["href"]).data == before
    assert b"_signed" not in before


def test_how_long_it_is_good_can_be_said(client, stranger, built, make_address, monkeypatch):
    clock = [addresses.time.time()]
    monkeypatch.setattr(addresses.time, "time", lambda: clock[0])
    # the file's token has no end
    usual, long = make_address(built), make_address(built, seconds=86400)

    for seconds, wanted in ((298, (200, 200)), (3, (401, 200)), (86100, (401, 401))):
        clock[0] += seconds
        assert (stranger.get(usual).status_code, stranger.get(long).status_code) == wanted
    assert problem(stranger.get(usual)) == EXPIRED


@pytest.mark.parametrize("seconds", [0, -1, 86401, 1.5, "60", None, True])
def test_not_every_time_is_one(client, built, seconds):
    answer = client.post(built["_links"][DOWNLOAD]["href"], json={"seconds": seconds})

    assert answer.status_code == 400


@pytest.mark.parametrize("relation", ALL)
def test_it_is_good_for_itself_alone(stranger, make_platform, build, make_address, relation):
    one, other = build(make_platform()), build(make_platform())
    url = make_address(one, relation)
    signature = url.partition("_signed=")[2]
    numbers = (f"={one['buildID']}", f"={other['buildID']}")
    others = [
        make_address(other, relation).partition("_signed=")[0] + f"_signed={signature}",
        *(make_address(one, each).partition("_signed=")[0] + f"_signed={signature}"
          for each in ALL if each != relation),
        f"/?_signed={signature}",
        f"/platform/build?buildID={one['buildID']}&_signed={signature}",
        f"{url}&x=1", f"{url}&buildID=1", f"{url}x", url.replace("_signed=", "_signed=0"),
        f"{url}&_signed={signature}", f"{url}&_token=x", f"/{url}",
        url.replace(*numbers) if numbers[0] in url else url.replace("/files/", "/files//"),
    ]

    assert stranger.get(url).status_code == 200
    for each in others:
        answer = stranger.get(each)
        assert answer.status_code in (401, 404), each
        assert answer.status_code == 401 or "//" in each
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert stranger.open(url, method=method).status_code in (401, 405)
    made = stranger.post(
        f"/platform/build/download?buildID={one['buildID']}&_signed={signature}"
    )
    assert problem(made) == INVALID


def test_the_spelling_of_an_address_does_not_matter(stranger, built, make_address):
    url, log = make_address(built), make_address(built, LOG)

    for each in (
        url.replace("files", "%66iles"), url.replace(".zip", "%2Ezip"),
        log.replace("buildID", "build%49D"), log.replace("_signed", "%5Fsigned"),
        "{0}?{2}&{1}".format(log.partition("?")[0], *log.partition("?")[2].split("&")),
    ):
        assert stranger.get(each).status_code == 200, each


def test_another_name_of_the_server_is_fine_and_another_server_is_not(
    stranger, runtime, built, make_address
):
    url = make_address(built)

    assert stranger.get(url, headers={"Host": "other.example.com:81"}).status_code == 200
    runtime.addresses.key = Addresses("another key").key
    assert problem(stranger.get(url)) == INVALID


def test_a_token_in_the_header_wins(stranger, token, built, make_address):
    url = make_address(built)

    assert stranger.get(url, headers={"Authorization": "Bearer x"}).status_code == 401
    good = stranger.get(f"{url}x", headers={"Authorization": f"Bearer {token}"})
    assert good.status_code == 200


@pytest.mark.parametrize("relation", ALL)
def test_it_ends_with_what_it_was_made_by(jo, stranger, client, app, built, make_address, relation):
    urls = [make_address(built, relation, by=jo) for _ in range(3)]
    assert stranger.get(urls[0]).status_code == 200

    Member.delete().where(Member.account == jo.account).execute()
    lost = stranger.get(urls[0])
    assert lost.status_code == 404
    Member.join(app["appID"], jo.account.id, Role.VIEWER.word)
    assert stranger.get(urls[0]).status_code == 200
    jo.token.remove()
    assert problem(stranger.get(urls[1])) == INVALID
    Token.update(revoked=None).execute()
    client.delete(built["_links"]["self"]["href"])
    assert stranger.get(urls[2]).status_code == 404


def test_who_may_not_read_a_build_makes_no_address(jo, runtime, application, built):
    _, text = runtime.tokens.issue(jo.account, "narrow", scopes=["app:read"])
    headers = {"Authorization": f"Bearer {text}"}
    Member.delete().where(Member.account == jo.account).execute()

    for relation in ALL:
        href = built["_links"][relation]["href"]
        assert problem(jo.post(href)) == (404, 3102)
        answer = application.test_client().post(href, headers=headers)
        assert answer.status_code in (401, 404)


def test_a_token_that_may_only_read_makes_them(jo, runtime, application, built):
    _, text = runtime.tokens.issue(jo.account, "reader", scopes=["build:read"])
    headers = {"Authorization": f"Bearer {text}"}
    reader = application.test_client()

    shown = reader.get(built["_links"]["self"]["href"], headers=headers).json["_links"]

    assert set(ALL) <= shown.keys()
    for relation in ALL:
        assert reader.post(shown[relation]["href"], headers=headers).status_code == 200


def test_it_is_kept_out_of_the_log_and_of_problems(stranger, built, make_address, caplog):
    caplog.set_level(logging.INFO)
    url = make_address(built, LOG)
    signature = url.partition("_signed=")[2]

    found, refused = stranger.get(url), stranger.get(f"{url}x")

    told = urlsplit(refused.json["_links"]["self"]["href"])
    assert (told.path, told.query) == ("/platform/build/log", f"buildID={built['buildID']}")
    assert found.headers["Referrer-Policy"] == "no-referrer"
    assert signature not in caplog.text
    assert not any(signature in str(vars(record)) for record in caplog.records)
    assert f"/platform/build/log?buildID={built['buildID']}" in caplog.text
