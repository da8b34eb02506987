"""Makers of what acceptance tests need; each goes over HTTP, by links."""

from tests.acceptance.server import address_of, link

TYPES = {"codesource": "codeSourceType", "datasource": "dataSourceType", "target": "targetType"}


def make_app(http, title):
    return http.make("", title=title, hexColor="#d97706")


def make_plugin(http, app, kind, type="stub", **config):
    """A code source, a data source or a target of an app."""
    body = {TYPES[kind]: type, "config": config}
    return http.make(address_of(app, f"ec:app/{kind}s"), **body)


def make_platform(
    http, app, type="staticWebsite", config=None, codesource=None, datasource=None, targets=None
):
    """A platform of an app; the parts that are not given are made."""
    codesource = codesource or make_plugin(http, app, "codesource")
    datasource = datasource or make_plugin(http, app, "datasource")
    targets = targets or [make_plugin(http, app, "target", "zipDownload")]
    return http.make(
        address_of(app, "ec:app/platforms"),
        title=f"Platform of {app['title']}",
        platformType=type,
        config=config or {},
        _links={
            "ec:app/codesource": link(codesource),
            "ec:app/datasource": link(datasource),
            "ec:app/target": [link(target) for target in targets],
        },
    )


def start_build(http, platform, **body):
    """A build that has just been started."""
    return http.make(address_of(platform, "ec:app/builds"), **body)


def start_deployment(http, platform, build, targets, **body):
    """A deployment that has just been started."""
    chosen = ",".join(target["targetID"] for target in targets)
    owner = address_of(platform, "ec:app/deployments")
    return http.make(f"{owner}&buildID={build['buildID']}&targetID={chosen}", **body)
