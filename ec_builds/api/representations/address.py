"""How it looks that an address was made for those who have no token."""

from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

#: Kind: the relation of the thing that can be read.
RELATIONS = {
    "build": rel.BUILD, "job": rel.JOB, "artifact": rel.ARTIFACT, "deployment": rel.DEPLOYMENT,
}


def one(kind, verb, thing_id, url, expires, urls):
    """A signed address; it is no link, for links can be shown to everybody."""
    document = Document(
        urls.action(kind, verb, thing_id),
        urls.schema("address"),
        url=url,
        method="GET",
        expires=expires,
    )
    return document.link(RELATIONS[kind], urls.item(kind, thing_id), profile=urls.schema(kind))
