"""Who may do what: for each role, links, `Allow` and answers say the same (issue: permissions).

Everybody walks through the same world. What one sees linked can be called, what can be called is
linked, and `Allow` lists the methods that are accepted.
"""

import itertools

import pytest
from uritemplate import expand

from ec_builds.hal import relations
from ec_builds.states import State
from ec_builds.store.build import Build

#: Statuses of what is refused because of who asks.
REFUSED = {401, 403, 404, 405}
NOBODY = "00000000-0000-4000-8000-000000000000"
ROLES = ("viewer", "developer", "maintainer", "owner")
#: Who walks: how to make the client, by role and token.
WALKERS = {
    **{role: {"role": role} for role in ROLES},
    "stranger": {},
    "viewer of builds": {"role": "owner", "scopes": ["build:read"]},
    "starter of builds": {"role": "owner", "scopes": ["build:write"]},
    "reader": {"role": "owner", "scopes": ["app:read", "platform:read", "build:read"]},
    "limited to it": {"role": "owner", "app_ids": "own"},
    "limited to another": {"role": "owner", "app_ids": "other"},
    "sweeper": {"role": "maintainer", "scopes": ["build:delete", "build:read"]},
}
#: Methods, and bodies with which they would change nothing: `If-Match` never matches.
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
HARMLESS = {"If-Match": '"never"'}
#: Relations that lead to where something is done by a POST.
ACTIONS = {relation for found in relations.ACTIONS.values() for relation in found.values()}
#: Path: the parameter that says which thing is meant.
IDS = {
    "/": "appID", "/platform": "platformID", "/codesource": "codeSourceID",
    "/datasource": "dataSourceID", "/target": "targetID", "/platform/build": "buildID",
    "/platform/deployment": "deploymentID", "/member": "memberID",
    "/invitation": "invitationID", "/account/invitation": "invitationID",
    "/account": "accountID", "/account/token": "tokenID", "/platform/build/job": "jobID",
    "/platform/build/artifact": "artifactID", "/platform/build/tag": "tagID",
    "/platform/build/variable": "variableID", "/platform/build/object": "objectID",
}
#: What belongs to builds, by its word in paths: the name of its id.
PARTS = {
    "job": "jobID", "artifact": "artifactID", "tag": "tagID", "variable": "variableID",
    "object": "objectID",
}
MANIFEST = """
driver: {type: os}
env: [CC=gcc]
objects: [fonts.tar]
stages: [build]
jobs:
- stage: build
  commands: [echo hello > out.txt]
  artifacts: [out.txt]
"""
#: Role: what it may do with what, as a person would say it.
PROMISED = {
    "viewer": {"GET /platform", "GET /platform/build", "GET /platform/build/job",
               "GET /platform/build/artifact", "GET /platform/build/tag",
               "GET /platform/build/variable", "GET /platform/build/object",
               "GET /platform/build/image", "GET /member",
               "DELETE /member self"},
    "developer": {"POST /platform/build", "POST /platform/build/pin", "POST /platform/build/cancel",
                  "POST /platform/deployment", "POST /platform/build/tag",
                  "DELETE /platform/build/tag"},
    "maintainer": {"PUT /", "POST /platform", "PUT /platform", "DELETE /platform",
                   "POST /codesource", "DELETE /platform/build", "PUT /retention"},
    "owner": {"DELETE /", "POST /invitation", "GET /invitation", "DELETE /invitation",
              "PUT /member", "DELETE /member"},
}


@pytest.fixture
def world(client, somebody, make, app, make_plugin, make_platform, build, deploy, in_state):
    """An app with one of everything, whose addresses are all known, and another one beside it."""
    code = make_plugin("codesource", files={"index.html": "hello"})
    target = make_plugin("target", "localWebServer", path="shop")
    platform = make_platform(codesource=code, targets=[target])
    built = build(platform)
    deployment = deploy(platform, built)
    queued = client.post(platform["_links"]["ec:app/builds"]["href"]).json
    in_state(Build, queued["buildID"], State.CREATED, location=None, result_key=None)
    manifested = build(make_platform("CI", "manifest", {"manifest": MANIFEST}, codesource=code))
    make(manifested["_links"]["ec:app/build/tags"]["href"], name="v1")
    parts = {
        word: client.get(manifested["_links"][f"ec:app/build/{word}s"]["href"]).json["_embedded"][
            f"ec:app/build/{word}"
        ][-1]
        for word in PARTS
    }
    image = build(make_platform("Server", "containerImage", codesource=code))
    invitation = make(f"/invitation?appID={app['appID']}", username="carol", role="viewer")
    somebody("dave", "viewer", app)
    members = client.get(f"/member?appID={app['appID']}&sort=created").json
    dave = members["_embedded"]["ec:app/member"][-1]
    other = make("/", title="Secret", hexColor="#000000")
    make_platform("Hidden", of=other)
    return {
        "app": app, "other": other, "platform": platform, "codesource": code, "target": target,
        "build": built, "queued": queued, "deployment": deployment, "invitation": invitation,
        "member": dave, "token": make("/account/token", name="laptop"),
        "manifested": manifested, "image": image, **parts,
    }


@pytest.fixture
def walkers(world, somebody):
    """Clients that walk, each with its name as `name`. None of them changes the world."""
    return [walker(world, somebody, name, **wanted) for name, wanted in WALKERS.items()]


def walker(world, somebody, name, app_ids=None, **wanted):
    if app_ids:
        wanted["app_ids"] = [world[{"own": "app", "other": "other"}[app_ids]]["appID"]]
    client = somebody(name.replace(" ", "-"), app=world["app"], **wanted)
    client.name = name
    return client


def addresses(world):
    """The addresses of all that the app has, by their bodies for POST and PUT."""
    own = f"appID={world['app']['appID']}"
    platform = f"platformID={world['platform']['platformID']}"
    finished, queued = (f"buildID={world[each]['buildID']}" for each in ("build", "queued"))
    code = f"codeSourceID={world['codesource']['codeSourceID']}"
    target = f"targetID={world['target']['targetID']}"
    deploying = f"{platform}&{finished}&{target}"
    return [
        f"/?{own}", f"/platform?{own}", f"/platform?{platform}", f"/codesource?{own}",
        f"/codesource?{code}", f"/datasource?{own}", f"/target?{own}", f"/target?{target}",
        f"/platform/build?{platform}", f"/platform/build?{finished}", f"/platform/build?{queued}",
        f"/platform/build/pin?{finished}", f"/platform/build/unpin?{finished}",
        f"/platform/build/cancel?{queued}", f"/platform/build/cancel?{finished}",
        f"/platform/deployment?{deploying}",
        f"/platform/deployment?deploymentID={world['deployment']['deploymentID']}",
        f"/retention?{own}", f"/retention/preview?{own}", f"/stats?{own}", "/plugintypes", "/",
        f"/member?{own}", f"/member?memberID={world['member']['memberID']}",
        f"/invitation?{own}",
        f"/invitation?invitationID={world['invitation']['invitationID']}",
        "/account/invitation",
        f"/account/invitation?invitationID={world['invitation']['invitationID']}",
        "/account", "/account/token", f"/account/token?tokenID={world['token']['tokenID']}",
        f"/platform/build/download?{finished}", f"/platform/build/download?{queued}",
        f"/platform/build/log/address?{queued}", f"/platform/build/events/address?{finished}",
        "/audit", "/audit?auditID=1", *addresses_of_parts(world),
    ]


def addresses_of_parts(world):
    """The addresses of what belongs to a build that is made by a manifest."""
    own = f"buildID={world['manifested']['buildID']}"
    found = [f"/platform/build/{word}?{own}" for word in PARTS]
    found += [f"/platform/build/{word}?{name}={world[word][name]}" for word, name in PARTS.items()]
    job, artifact = (f"{PARTS[word]}={world[word][PARTS[word]]}" for word in ("job", "artifact"))
    return [
        *found, f"/platform/build/job/log/address?{job}",
        f"/platform/build/artifact/download?{artifact}",
        f"/platform/build/image?buildID={world['image']['buildID']}",
        f"/platform/build/image?{own}",
    ]


def texts(world):
    """The addresses of what is no HAL."""
    own = f"buildID={world['manifested']['buildID']}"
    return [
        f"/platform/build/log?{own}", f"/platform/build/manifest?{own}",
        f"/platform/build/job/log?jobID={world['job']['jobID']}",
        f"/platform/build/artifact/content?artifactID={world['artifact']['artifactID']}",
    ]


def accepted(client, method, address):
    """Whether a call is refused, or taken seriously."""
    body = {"json": {}} if method in ("POST", "PUT") and "/build?" not in address else {}
    answer = client.open(address, method=method, headers=HARMLESS, **body)
    assert answer.status_code < 500
    return answer.status_code not in REFUSED


def test_allow_lists_what_is_accepted(walkers, world):
    for walker, address in itertools.product(walkers, addresses(world)):
        methods = [each for each in METHODS if not is_incomplete(each, address)]
        taken = {each for each in methods if accepted(walker, each, address)}
        options = walker.open(address, method="OPTIONS")
        told = set(options.headers["Allow"].split(", ")) - {"OPTIONS"}
        read = walker.get(address)

        if read.status_code == 404:  # it is not said of what there is not whether it could be
            assert not taken, (walker.name, address)
            continue
        assert told == taken, (walker.name, address)
        if "Allow" in read.headers and "HEAD" in taken:
            assert set(read.headers["Allow"].split(", ")) - {"OPTIONS"} == taken, address


def is_incomplete(method, address):
    """Whether a method wants to know of which thing it is asked (reference 5.2, item 8)."""
    path, _, query = address.partition("?")
    own = IDS.get(path)
    return method in ("PUT", "DELETE") and own is not None and own not in query


def links(document):
    """All links of a document and of what it embeds, but for its curies."""
    for relation, found in document.get("_links", {}).items():
        if relation != "curies":
            for link in found if isinstance(found, list) else [found]:
                yield relation, link
    for embedded in document.get("_embedded", {}).values():
        for each in embedded:
            yield from links(each)


ROOT = "http://localhost/"


def walk(client, starts=(ROOT,)):
    """Follow all links from the root. Returns the addresses that were read, and all actions."""
    todo, read, actions = [*starts], set(), set()
    while todo:
        address = todo.pop()
        if address in read:
            continue
        read.add(address)
        is_endless = "/stream" in address
        answer = client.head(address) if is_endless else client.get(address)
        assert answer.status_code == 200, (client.name, address, answer.json)
        if is_endless or answer.mimetype != "application/hal+json":
            continue
        for relation, link in links(answer.json):
            if relation in ACTIONS:
                actions.add(link["href"])
            elif not link.get("templated"):
                todo.append(link["href"])
            elif relation.endswith("options") and "ID=" in link["href"]:
                todo.append(expand(link["href"]))
    return read, actions


@pytest.fixture
def everything(client, walkers):
    """The addresses and actions that are linked for the admin."""
    client.name = "admin"
    return walk(client)


def has_something(client, address):
    """Whether there is something at an address; a list of nothing is had by whoever asks for it."""
    if "/stream" in address:
        return accepted(client, "HEAD", address)
    answer = client.get(address)
    is_list = answer.mimetype == "application/hal+json" and "total" in answer.json
    return answer.status_code == 200 and not (is_list and answer.json["count"] == 0)


def test_a_link_is_there_exactly_when_the_call_is_accepted(walkers, world, everything):
    builds = [world[each]["_links"]["self"]["href"] for each in ("build", "manifested", "image")]
    for walker in walkers:
        # the builds are for whoever may read nothing that leads to them
        starts = [ROOT] if accepted(walker, "GET", ROOT) else builds
        if accepted(walker, "GET", starts[0]):  # who may not knows the addresses already
            hold_links_to_answers(walker, starts, *everything)


def hold_links_to_answers(walker, starts, of_admin, actions_of_admin):
    """What can be reached from some addresses is what is accepted."""
    read, actions = walk(walker, starts)
    assert read <= of_admin, walker.name
    if ROOT in starts:
        for address in of_admin - read:
            assert not has_something(walker, address), (walker.name, address)
    for address in actions | actions_of_admin:
        assert accepted(walker, "POST", address) == (address in actions), (walker.name, address)


def test_each_role_may_do_what_is_promised_and_what_lower_ones_may(world, somebody):
    may = set()
    for role in ROLES:
        may |= PROMISED[role]
        client = somebody(f"one-{role}", role, world["app"])
        mine = client.get(f"/member?appID={world['app']['appID']}&role={role}&sort=-created").json
        own = mine["_embedded"]["ec:app/member"][0]["memberID"]
        for promise in set().union(*PROMISED.values()):
            method, path, *of_self = promise.split()
            address = next(
                each for each in addresses(world)
                if each.split("?")[0] == path and fits(method, path, each)
            )
            if of_self:
                address = f"/member?memberID={own}"
            assert accepted(client, method, address) == (promise in may), (role, promise)


def fits(method, path, address):
    """Whether an address is the one of two at its path that a method is for."""
    if path in ("/platform/build/pin", "/platform/build/image", "/retention"):
        return True
    if path == "/platform/build/cancel":
        return address.endswith("=2")
    on_one = method in ("PUT", "DELETE")
    if path == "/":
        return "appID" in address
    if path == "/platform/deployment":
        return "deploymentID" not in address
    return (IDS[path] in address) == on_one


def test_what_is_not_within_reach_is_not_there(world, somebody):
    stranger = somebody("mallory")
    for address in [*addresses(world), *texts(world)]:
        if "ID=" not in address:
            continue
        path, query = address.split("?")
        missing = "&".join(
            f"{name}={NOBODY if '-' in value else 2**31 - 1}"
            for name, value in (each.split("=") for each in query.split("&"))
        )
        for method in METHODS:
            body = {"json": {}} if method in ("POST", "PUT") else {}
            one, other = (
                stranger.open(f"{path}?{each}", method=method, **body)
                for each in (query, missing)
            )
            assert one.status_code == other.status_code, (method, address)
            assert one.headers.get("Allow") == other.headers.get("Allow"), (method, address)
            if one.data and one.mimetype == "application/problem+json":
                same = [
                    {name: each.json.get(name) for name in ("code", "title", "detail", "verbose")}
                    for each in (one, other)
                ]
                assert same[0] == same[1], (method, address)


def test_lists_counts_statistics_and_searches_are_of_what_is_within_reach(world, somebody):
    eve = somebody("eve")
    own = eve.post("/", json={"title": "Baker Street", "hexColor": "#123456"}).json

    for address in ("/", "/?title~=baker", "/?size=0", "/stats", "/stats?size=0", "/?sort=title"):
        found = eve.get(address).json
        assert (found["count"], found["total"]) == (1, 1), address
        items = next(iter(found["_embedded"].values()))
        assert [each["appID"] for each in items] == [own["appID"]], address
    for address in ("/platform", "/codesource", "/datasource", "/target", "/invitation",
                    "/account/invitation", "/platform?size=0", f"/?title~={world['app']['title']}"):
        found = eve.get(address).json
        assert (found["count"], found["total"]) == (0, 0), address
    assert [each["username"] for each in eve.get("/member").json["_embedded"]["ec:app/member"]] == [
        "eve"
    ]


def test_a_platform_does_not_lead_into_another_app(world, somebody):
    eve = somebody("eve")
    own = eve.post("/", json={"title": "Evil", "hexColor": "#123456"}).json
    stub = {"config": {}}
    parts = {}
    for kind, name in (("codesource", "codeSource"), ("datasource", "dataSource")):
        body = {f"{name}Type": "stub", **stub}
        parts[kind] = eve.post(f"/{kind}?appID={own['appID']}", json=body).json
    for wanted in (world["target"]["targetID"], NOBODY):
        links = {
            f"ec:app/{kind}": {"href": part["_links"]["self"]["href"]}
            for kind, part in parts.items()
        }
        links["ec:app/target"] = {"href": f"http://localhost/target?targetID={wanted}"}
        body = {"title": "x", "platformType": "staticWebsite", "config": {}, "_links": links}
        answer = eve.post(f"/platform?appID={own['appID']}", json=body)
        assert (answer.status_code, answer.json["code"]) == (400, 3214)
        assert "nothing that this app has" in answer.json["verbose"]
