"""Everything that can be reached from the root keeps what it promises."""

import re

import pytest

from ec_builds.hal.relations import BUILD_CANCEL, MEANINGS
from tests.acceptance.crawler import Crawler
from tests.acceptance.making import (
    make_app, make_platform, make_plugin, start_build, start_deployment,
)
from tests.acceptance.server import address_of

#: Relations of builds that have not ended. None is met by a crawler: their streams would hold it.
UNFINISHED = {BUILD_CANCEL}
MANIFEST = """
driver: {type: os}
env: [FLOUR=rye]
objects: [fonts.tar]
stages: [bake]
jobs:
- stage: bake
  commands: [echo bread > bread.txt]
  artifacts: [bread.txt]
"""
PLUGINS = [
    ("codesource", "remoteGit", {"giturl": "https://git.example.com/shop.git", "branch": "main"}),
    ("codesource", "zipFile", {"url": "https://example.com/shop.zip"}),
    ("datasource", "ownDataManager", {"url": "https://data.example.com/api/7b1d6a52/cake"}),
    ("target", "localWebServer", {"path": "other"}),
    ("target", "folder", {"path": "shop"}),
]


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]
)
def crawled(request, make_server):
    """A crawler that has been everywhere on a server with a little of everything."""
    server = make_server(request.param)
    with server.client() as http, server.client(server.token_of("joe@example.com")) as joe:
        yield Crawler(http, {**populate(http), **invited(http, joe)}).crawl()


def populate(http):
    """Make a little of everything. Returns values for the variables of templates."""
    app = make_app(http, "Bakery, with “everything” + more")
    make_app(http, "Empty")
    for kind, type, config in PLUGINS:
        make_plugin(http, app, kind, type, **config)
    files = {"index.html": "<h1>Shop</h1>", "docs/index.html": "Docs"}
    parts = {
        "codesource": make_plugin(http, app, "codesource", files=files, _title="Löwe"),
        "datasource": make_plugin(http, app, "datasource", data={"nothing": None}),
    }
    site = make_plugin(http, app, "target", "localWebServer", path="bakery/crawled")
    download = make_plugin(http, app, "target", "zipDownload")
    folder = make_plugin(http, app, "target", "folder", path="crawled")
    shop = make_platform(http, app, **parts, targets=[site, download, folder])
    failing = {"commands": ["echo no flour; exit 7"], "buildDir": "public"}
    broken = make_platform(http, app, "website", failing, targets=[download])

    fresh = start_build(http, shop, comment="first")
    assert UNFINISHED <= fresh["_links"].keys()
    build = http.finished(fresh)
    pinned = http.finished(start_build(http, shop))
    assert http.post(address_of(pinned, "ec:app/build/pin")).status_code == 200
    failed = http.finished(start_build(http, broken))
    assert (build["successful"], failed["successful"]) == ("success", "error")
    done = http.finished(start_deployment(http, shop, build, [site, download], comment="go"))
    undone = http.finished(
        start_deployment(http, shop, build, [folder], outsideConfig={"channel": None})
    )
    assert (done["successful"], undone["successful"]) == ("success", "error")
    of_build = populate_parts(http, app, download)
    image = http.finished(start_build(http, make_platform(http, app, "containerImage")))
    assert "regional registries" in image["statusDetail"]
    account, tokens = populate_account(http)
    known = {**tokens[0], **account, **done, **site, **parts["codesource"], **parts["datasource"]}
    known |= {**shop, **app, "expires": tokens[1]["expires"]}
    member = http.get(address_of(app, "ec:app/members")).json()["_embedded"]["ec:app/member"][0]
    asked = http.make(address_of(app, "ec:app/invitations"), username="bob", role="viewer")
    known |= {each: found[each] for found in (member, asked) for each in (*found,) if "ID" in each}
    known["role"] = member["role"]
    line = http.get("audit?kind=app").json()["_embedded"]["ec:audit/line"][0]
    known = {**line, **known}
    texts = ("title", "platformType", "codeSourceType", "dataSourceType", "targetType", "name")
    texts += ("email", "username", "role", "action", "kind", "address")
    return {
        **known,
        **of_build,
        **{f"{name}~": known[name][1:4] for name in texts},
        **{name: f"({known[name]})" for name in texts},
        "created~": known["created"][:10],
        "createdFrom": known["created"],
        "createdTo": known["created"],
        **{f"expires{end}": known["expires"] for end in ("From", "To")},
        **{f"used{end}": known["used"] for end in ("From", "To")},
        **{f"moment{end}": known["moment"] for end in ("From", "To")},
    }


def populate_parts(http, app, target):
    """Make a build by a manifest, with all that belongs to it. Returns what is known of each."""
    platform = make_platform(http, app, "manifest", {"manifest": MANIFEST}, targets=[target])
    build = http.finished(start_build(http, platform))
    assert build["successful"] == "success"
    http.make(address_of(build, "ec:app/build/tags"), name="v1")
    known = {}
    for word in ("job", "artifact", "tag", "variable", "object"):
        parts = http.get(address_of(build, f"ec:app/build/{word}s")).json()
        found = parts["_embedded"][f"ec:app/build/{word}"][-1]
        texts = {each: found[each] for each in ("name", "key") if each in found}
        known[f"/platform/build/{word}"] = {
            **found, **{f"{name}~": text[1:3] for name, text in texts.items()},
            "accountID": found.get("creator", {}).get("accountID"),
        }
    return known


def invited(http, joe):
    """The admin is asked by somebody. Returns what has another value in the list of that."""
    app = make_app(joe, "Joe's Diner")
    body = {"username": http.read("account")["username"], "role": "developer"}
    asked = joe.make(address_of(app, "ec:app/invitations"), **body)
    known = {"invitationID": asked["invitationID"], "appID": app["appID"], "role": "developer"}
    return {"/account/invitation": known}


def populate_account(http):
    """Make a token. Returns the account, and its tokens: the one in use first."""
    account = http.get("account").json()
    tokens = address_of(account, "ec:account/tokens")
    http.make(tokens, name="CI", scopes=["build:read"], expires="2099-01-31T12:00:00Z")
    found = http.get(f"{tokens}&sort=created").json()["_embedded"]["ec:account/token"]
    return account, found


def test_nothing_that_can_be_reached_breaks_its_promise(crawled):
    assert "\n".join(crawled.faults) == ""


def test_every_relation_was_met_and_is_explained(crawled):
    assert crawled.relations | UNFINISHED == MEANINGS.keys()
    for relation in crawled.relations:
        name = relation.partition(":")[2].replace("/", "%2F")
        assert relation in crawled.pages[f"{crawled.root}doc/relation/{name}"].text


def test_the_crawler_has_been_everywhere(crawled):
    count = {media_type: len(pages) for media_type, pages in crawled.types.items()}
    addresses = {url.removeprefix(crawled.root).partition("?")[0] for url in crawled.pages}

    assert count["application/hal+json"] > 150
    assert count["application/schema+json"] > 25
    assert count["application/zip"] == 4
    assert count["application/octet-stream"] == 1
    assert count["text/html"] > len(MEANINGS)
    assert {
        "", "plugintypes", "stats", "platform", "codesource", "datasource", "target",
        "platform/build", "platform/deployment", "schema/app-template",
        "schema/deployment-template", "schema/types/code-source/remoteGit",
    } <= addresses
    assert any(re.fullmatch("sites/.*/bakery/crawled/", address) for address in addresses)


REFUSED = [
    ("GET", "nowhere", 404, 3100),
    ("GET", "?appID=00000000-0000-4000-8000-000000000000", 404, 3102),
    ("PUT", "plugintypes", 405, 3110),
    ("POST", "", 400, 3200),
    ("GET", "platform/build", 400, 3202),
    ("GET", "platform/build?buildID=x", 400, 3212),
    ("GET", "?sort=nonsense", 400, 3215),
    ("GET", "?nonsense=1", 400, 3216),
    ("GET", "target?targetTypeFrom=a", 400, 3217),
    ("GET", "?_token=nonsense", 401, 3401),
]


@pytest.mark.parametrize("method, address, status, code", REFUSED)
def test_a_problem_leads_to_its_explanation(http, server, method, address, status, code):
    request = http.build_request(method, address)
    if "_token" in address:
        del request.headers["Authorization"]
    answer = http.send(request)
    problem = answer.json()

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    links = problem["_links"]
    assert links["describedby"]["href"] == problem["type"]
    assert links["up"]["href"] == server.root
    assert links["self"]["href"] == f"{server.root}{address.partition('?_token')[0]}"
    page = http.get(problem["type"], headers={"Authorization": ""})
    assert page.status_code == 200
    assert str(code) in page.text
    assert problem["title"] in page.text
