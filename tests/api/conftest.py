"""Makers of what API tests need; each goes through the API itself."""

import pytest


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
def make_plugin(make, app):
    """A maker of code sources, data sources and targets of the app."""

    def make_plugin(kind, type="stub", of=None, **config):
        names = {"codesource": "codeSourceType", "datasource": "dataSourceType", "target": "targetType"}
        owner = (of or app)["appID"]
        return make(f"/{kind}?appID={owner}", **{names[kind]: type, "config": config})

    return make_plugin


@pytest.fixture
def make_platform(make, make_plugin, app):
    """A maker of platforms; the parts that are not given are made."""

    def make_platform(
        title="Shop", platformType="staticWebsite", config=None, files=None,
        codesource=None, datasource=None, targets=None, of=None,
    ):
        files = {"files": files} if files is not None else {}
        codesource = codesource or make_plugin("codesource", of=of, **files)
        datasource = datasource or make_plugin("datasource", of=of)
        targets = targets or [make_plugin("target", "zipDownload", of=of)]
        return make(
            f"/platform?appID={(of or app)['appID']}",
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
def build(client):
    """A builder: starts a build of a platform and returns it as it is at its end."""

    def build(platform, **body):
        created = client.post(platform["_links"]["ec:app/builds"]["href"], json=body or None)
        assert created.status_code == 201
        return client.get(created.headers["Location"]).json

    return build
