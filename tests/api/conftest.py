"""Makers of what API tests need; each goes through the API itself."""

import copy

import pytest

from ec_builds.plugins.contract import CodeSource, DataSource, Target
from ec_builds.plugins.registry import Plugins
from ec_builds.runtime import assemble, prepare
from ec_builds.states import FINISHED
from ec_builds.store.database import database, now

#: Kind of plugin: how its type is called on the wire.
TYPES = {"codesource": "codeSourceType", "datasource": "dataSourceType", "target": "targetType"}


class Narrow:
    """A plugin that works with one type of platform only, and wants one thing of its config."""

    type = "narrow"
    restrict_to_platform_type = "staticWebsite"
    type_config = {"logo": "narrow.svg"}
    config_schema = {
        "type": "object",
        "required": ["depth"],
        "properties": {
            "depth": {"type": "integer"},
            "inner": {"type": "object", "properties": {"list": {"items": {"type": "string"}}}},
        },
    }


@pytest.fixture
def narrow(runtime):
    """A plugin of each kind that is restricted to static websites."""
    for kind, contract in (("codesource", CodeSource), ("datasource", DataSource)):
        fetch = {"fetch": lambda self, config, into, context: {}}
        runtime.plugins.add(kind, type("Narrow", (Narrow, contract), fetch), "narrow", "tests")
    deploy = {"deploy": lambda self, config, result, context: "narrow/place"}
    runtime.plugins.add("target", type("Narrow", (Narrow, Target), deploy), "narrow", "tests")


@pytest.fixture(scope="session")
def installed():
    """The plugins that are installed; to find them takes longer than to ask the server."""
    return Plugins.installed()


@pytest.fixture
def runtime(config, installed):
    """The parts of a server, on an empty database. A PostgreSQL one has its tables already."""
    if config.database_url.startswith("sqlite"):
        prepare(config)
    parts = assemble(config, copy.deepcopy(installed))
    yield parts
    parts.executor.stop()
    database.close()


@pytest.fixture
def make(client):
    """A maker of things by POST; returns their documents."""

    def make(address, **body):
        answer = client.post(address, json=body)
        assert answer.status_code == 201, answer.json
        assert answer.headers["Location"] == answer.json["_links"]["self"]["href"]
        return answer.json

    return make


@pytest.fixture
def app(make):
    """An app."""
    return make("/", title="Bakery", hexColor="#d97706")


@pytest.fixture
def make_plugin(make, request):
    """A maker of code sources, data sources and targets of the app, or of another one."""

    def make_plugin(kind, type="stub", of=None, **config):
        owner = (of or request.getfixturevalue("app"))["appID"]
        return make(f"/{kind}?appID={owner}", **{TYPES[kind]: type, "config": config})

    return make_plugin


@pytest.fixture
def make_platform(make, make_plugin, request):
    """A maker of platforms; the parts that are not given are made."""

    def make_platform(
        title="Shop", platformType="staticWebsite", config=None, files=None,
        codesource=None, datasource=None, targets=None, of=None,
    ):
        files = {"files": files} if files is not None else {}
        codesource = codesource or make_plugin("codesource", of=of, **files)
        datasource = datasource or make_plugin("datasource", of=of)
        targets = targets or [make_plugin("target", "zipDownload", of=of)]
        owner = (of or request.getfixturevalue("app"))["appID"]
        return make(
            f"/platform?appID={owner}",
            title=title,
            platformType=platformType,
            config=config or {},
            _links={
                "ec:app/codesource": link(codesource),
                "ec:app/datasource": link(datasource),
                "ec:app/target": [link(target) for target in targets],
            },
        )

    return make_platform


def link(document):
    return {"href": document["_links"]["self"]["href"]}


@pytest.fixture
def in_state():
    """Puts a run into a state, as if its worker had."""

    def in_state(run, run_id, state, **values):
        finished = {"finished": now()} if state in FINISHED else {"finished": None}
        run.update(state=state, **finished, **values).where(run.id == run_id).execute()

    return in_state


@pytest.fixture
def build(client):
    """A builder: starts a build of a platform and returns it as it is at its end."""

    def build(platform, **body):
        created = client.post(platform["_links"]["ec:app/builds"]["href"], json=body or None)
        assert created.status_code == 201
        return client.get(created.headers["Location"]).json

    return build


@pytest.fixture
def build_by(build, make_platform):
    """A builder of manifests, each on a platform of its own."""

    def build_by(manifest, **parts):
        config = {} if manifest is None else {"manifest": manifest}
        return build(make_platform("CI", "manifest", config, **parts))

    return build_by


@pytest.fixture
def parts(client):
    """What belongs to a build of one kind, as a list of documents."""

    def parts(build, word):
        found = client.get(build["_links"][f"ec:app/build/{word}s"]["href"]).json
        return found.get("_embedded", {}).get(f"ec:app/build/{word}", [])

    return parts


@pytest.fixture
def deploy(client):
    """A deployer: delivers a build to all targets of its platform, or to those that are given."""

    def deploy(platform, build, targets=None, **body):
        links = platform["_links"]["ec:app/target"]
        links = links if isinstance(links, list) else [links]
        targets = targets or [each["href"].rpartition("=")[2] for each in links]
        created = client.post(
            f"/platform/deployment?platformID={platform['platformID']}"
            f"&buildID={build['buildID']}&targetID={','.join(targets)}",
            json=body or None,
        )
        assert created.status_code == 201, created.json
        return client.get(created.headers["Location"]).json

    return deploy
