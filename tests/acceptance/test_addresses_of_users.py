"""Addresses that users give, on a server with its defaults, in an internet of its own.

Each row is a build that runs: by each way in which an address can be given, to each place where a
server must not go. In every such place somebody listens who has all that the build asks for, so
that a build that is let through succeeds.
"""

import base64
import itertools

import pytest

from tests.acceptance.internet import LOOPBACK, METADATA, OTHER, PRIVATE, PUBLIC, Internet
from tests.acceptance.making import TYPES, make_app, make_platform, make_plugin, start_build
from tests.acceptance.server import address_of

pytestmark = pytest.mark.internet

#: Hosts that lead to where nobody but the server could go: some, and however else they are spelled.
FEW = (
    "inner.example", "alias.example", "mixed.example", "six.example", "metadata.example",
    "localhost.localdomain", "10.0.0.5", "127.1", "[::1]", "[::ffff:10.0.0.5]",
)
HOSTS = (
    *FEW, "INNER.example", "inner.example.", "loop.example", "mapped.example",
    "translated.example", "metadata.google.internal", "localhost", "münchen.example",
    "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0", "0.0.0.0", "[::]",
    "[::ffff:7f00:1]", "[64:ff9b::a00:5]", "[2002:a00:5::]", "169.254.169.254", "2852039166",
    "１２７.0.0.1", "127。0。0。1",
)
#: Addresses that are none of the web's; only a stranger can lead there.
ELSEWHERE = (
    "file:///etc/passwd", "gopher://inner.example:80/_GET", "ftp://inner.example/zip",
    "dict://inner.example:80/x", "http://me:word@other.example/zip", "http://inner.example:22/zip",
    "//inner.example/zip", "http://[::1%25lo]/zip", "http://other.example\\@inner.example/zip",
    "http://other.example#@inner.example/zip\r\nHost: inner.example",
)


def coded(url):
    return base64.urlsafe_b64encode(url.encode()).decode()


def led(url):
    """An address on the internet that leads to another one."""
    return f"http://stranger.example/to/{coded(url)}"


def zipped(host, lead=str):
    return "codesource", "zipFile", {"url": lead(f"http://{host}/zip")}


def cloned(host, lead=str):
    return "codesource", "remoteGit", {"giturl": f"{lead(f'http://{host}')}/repo.git"}


def read(host, lead=str):
    return "datasource", "ownDataManager", {"url": lead(f"http://{host}/data")}


def paged(host):
    following = coded(f"http://{host}/data")
    url = f"http://stranger.example/next/{following}"
    return "datasource", "ownDataManager", {"url": url}


#: How an address can be given.
WAYS = {
    "zip": zipped,
    "git": cloned,
    "data": read,
    "next page": paged,
    "zip, redirected": lambda host: zipped(host, led),
    "git, redirected": lambda host: cloned(host, led),
    "data, redirected": lambda host: read(host, led),
    "zip, redirected twice": lambda host: zipped(host, lambda url: led(led(url))),
}


@pytest.fixture(scope="module")
def internet(tmp_path_factory):
    running = Internet(tmp_path_factory.mktemp("internet")).start()
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.said(), running.said()


@pytest.fixture(scope="module")
def http(internet):
    with internet.client() as client:
        yield client


@pytest.fixture(scope="module")
def ran(http):
    """Runs builds at once. Returns what became of each, and what its error says."""
    app = make_app(http, "Traveller")
    shared = {kind: make_plugin(http, app, kind) for kind in ("codesource", "datasource")}
    targets = [make_plugin(http, app, "target", "zipDownload")]

    def begin(kind, type, config):
        """A build, or what was said of an address that is refused before it is stored."""
        address = address_of(app, f"ec:app/{kind}s")
        made = http.post(address, json={TYPES[kind]: type, "config": config})
        if made.status_code == 400:
            return made.json()
        parts = shared | {kind: made.json()}
        return start_build(http, make_platform(http, app, targets=targets, **parts))

    def end(begun):
        if "buildID" not in begun:
            return "error", begun["verbose"]
        build = http.finished(begun)
        return build["successful"], build["statusDetail"] or ""

    def ran(sources):
        return [end(begun) for begun in [begin(*source) for source in sources]]

    return ran


@pytest.fixture
def news(internet):
    """The visits to some addresses since the test began."""
    before = len(internet.visits())
    return lambda *places: [
        f"{place} {path}" for place, path in internet.visits()[before:]
        if place.rpartition(":")[0] in places
    ]


INSIDE = (PRIVATE, METADATA, LOOPBACK, "::1")


def test_strangers_are_reached_and_all_others_could_be(internet, ran, news):
    assert {place for place, path in internet.visits() if path == "/proof"} == {
        f"{address}:80" for address in (PUBLIC, OTHER, *INSIDE)
    }
    ends = ran([way("other.example") for way in WAYS.values()])
    assert ends == [("success", "")] * len(WAYS)
    assert len(news(OTHER)) >= len(WAYS)


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_inside(ran, news, way):
    hosts = FEW if "redirected" in way else HOSTS
    ends = ran([WAYS[way](host) for host in hosts])

    assert {end for end, _ in ends} == {"error"}
    assert all(told for _, told in ends)
    assert news(*INSIDE) == []


def test_strangers_lead_to_no_other_kind_of_address(ran, news):
    sources = [("codesource", "zipFile", {"url": led(url)}) for url in ELSEWHERE]
    sources += [
        ("datasource", "ownDataManager", {"url": f"http://stranger.example/next/{coded(url)}"})
        for url in ELSEWHERE
    ]
    ends = ran(sources)

    assert {end for end, _ in ends} == {"error"}
    assert news(*INSIDE) == []


def test_a_name_that_turns_private_after_it_was_checked_leads_to_where_it_was(ran, news):
    """One name for each build, for each of them turns after the first time that it is told."""
    names = (f"turning-{number}.example" for number in itertools.count())
    ends = ran([way(next(names)) for way in (zipped, cloned, read, paged)])
    assert ends == [("success", "")] * 4

    ends = ran(
        [
            ("codesource", "remoteGit", {"giturl": form.format(next(names))})
            for form in ("git://{}/repo.git", "ssh://git@{}/repo", "git@{}:repo")
        ]
    )
    assert {end for end, _ in ends} == {"error"}
    assert news(*INSIDE) == []
    assert f"{PUBLIC}:9418 -" in news(PUBLIC)


def test_a_name_that_turns_private_on_the_way_is_refused(ran, news):
    ends = ran(
        [
            zipped("turning-zip.example", lambda url: url.replace("/zip", "/round/1")),
            cloned(
                "turning-git.example",
                lambda url: f"{url}/to/{coded('http://turning-git.example')}",
            ),
        ]
    )

    assert {end for end, _ in ends} == {"error"}
    assert "has a private address" in ends[0][1]
    assert "has a private address" in ends[1][1]
    assert news(*INSIDE) == []


@pytest.mark.parametrize("way", ["zip", "git", "data", "next page", "zip, redirected"])
def test_nobody_learns_which_doors_are_open_inside(ran, news, way):
    """A port where somebody listens, and one where nobody does; a host that is there, and none."""
    doors = ("10.0.0.5", "10.0.0.5:22", "10.0.0.5:81", "10.0.0.6", "10.0.0.6:22")
    ends = ran([WAYS[way](door) for door in doors])

    assert {end for end, _ in ends} == {"error"}
    assert len({told.replace("10.0.0.6", "10.0.0.5") for _, told in ends}) == 1
    assert news(*INSIDE) == []


@pytest.mark.parametrize("scheme", ["git://", "ssh://git@"])
def test_other_protocols_of_git_are_kept_out_as_well(ran, news, scheme):
    ends = ran([("codesource", "remoteGit", {"giturl": f"{scheme}{host}/x"}) for host in FEW])

    assert {end for end, _ in ends} == {"error"}
    assert news(*INSIDE) == []


def test_addresses_in_bodies_are_names_and_nothing_more(http, news):
    """Links count by the id in them; references, schemas and profiles are not looked up."""
    app = make_app(http, "Reader")
    there = "http://inner.example/"
    config = {"data": {"$ref": there, "$schema": there, "id": there, "_links": {"a": there}}}
    source = make_plugin(http, app, "datasource", **config)
    parts = {
        "datasource": source,
        "codesource": make_plugin(http, app, "codesource"),
        "targets": [make_plugin(http, app, "target", "zipDownload")],
    }
    for part in (source, parts["codesource"], *parts["targets"]):
        link = part["_links"]["self"]
        link["href"] = link["href"].replace(http.base_url.host, "inner.example")
        link["profile"] = there
    built = http.finished(start_build(http, make_platform(http, app, **parts)))
    assert built["successful"] == "success"

    for stray in ({"$ref": there}, {"$schema": there}, {"_links": {"self": {"href": there}}}):
        body = {"title": "Stray", "hexColor": "#d97706", **stray}
        assert http.post("", json=body).status_code in (201, 400)
    assert news(*INSIDE) == []


def test_what_has_no_end_is_ended(ran):
    whats = ("body", "headers", "header", "chunks", "status", "bomb")
    urls = [f"http://stranger.example/endless/?what={what}" for what in whats]
    urls.append("http://stranger.example/round/1")

    ends = ran([("datasource", "ownDataManager", {"url": url}) for url in urls])

    assert {end for end, _ in ends} == {"error"}
    limits = {what: told for what, (_, told) in zip(whats, ends)}
    assert all("sent more than" in limits[what] for what in ("body", "chunks", "bomb"))
    assert "redirected more than" in ends[-1][1]
