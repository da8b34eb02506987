"""How code sources, data sources and targets look."""

from ec_builds.api.representations.app import CHILDREN, platform_links
from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document
from ec_builds.web.current import runtime


class Look:
    """The representation of one kind; the three differ in their names."""

    def __init__(self, kind, relation, id_name, type_name):
        self.kind, self.RELATION = kind, relation
        self.id_name, self.type_name = id_name, type_name

    def one(self, row, urls):
        shown = runtime.types.shown(self.kind, row)
        document = Document(
            urls.item(self.kind, row.id),
            urls.schema(self.kind),
            **{self.id_name: row.id, self.type_name: row.type, "config": shown.config},
        )
        document.unseen = shown.proof
        document.link(
            "collection",
            urls.collection(self.kind, appID=row.app_id),
            profile=urls.schema(f"{self.kind}s"),
        )
        document.link(rel.APP, urls.item("app", row.app_id), profile=urls.schema("app"))
        if self.kind == "target":
            deployments = urls.collection("deployment", targetID=row.id)
            document.link(rel.DEPLOYMENTS, deployments, profile=urls.schema("deployments"))
        return document.links_to(rel.PLATFORM, platform_links(row, urls))

    def listing(self, href, question, urls):
        return owned_listing(href, self.kind, question, urls)


def owned_listing(href, kind, question, urls):
    """The beginning of a list of things that apps own; its template keeps the app, if any."""
    _, options, by_id = CHILDREN[kind]
    app_id = question.value_of("appID")
    owner = {"appID": app_id} if app_id else {}
    document = Document(href, urls.schema(f"{kind}s"))
    document.link(rel.APPS, urls.collection("app"), profile=urls.schema("apps"))
    document.template(by_id, urls.by_id(kind), profile=urls.schema(kind))
    return document.template(options, urls.options(kind, **owner))


CODE_SOURCE = Look("codesource", rel.CODE_SOURCE, "codeSourceID", "codeSourceType")
DATA_SOURCE = Look("datasource", rel.DATA_SOURCE, "dataSourceID", "dataSourceType")
TARGET = Look("target", rel.TARGET, "targetID", "targetType")
