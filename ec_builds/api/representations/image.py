"""How versions of images look: one belongs to each build that makes one."""

from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document


def one(row, urls):
    """A version: what it is called, where it comes from, and where it is."""
    facts = row.facts
    document = Document(
        urls.item("image", row.build_id),
        urls.schema("image"),
        buildID=row.build_id,
        number=row.number,
        name=row.name,
        tag=row.tag,
        source=row.source,
        repository=row.repository,
        registryTag=row.registry_tag,
        digest=facts["digest"],
        size=facts["size"] or None,
        images=facts["references"],
        upload=upload(row),
    )
    build = urls.item("build", row.build_id)
    document.link(rel.BUILD, build, profile=urls.schema("build"))
    return document.link(rel.APP, urls.item("app", row.app_id), profile=urls.schema("app"))


def upload(row):
    """How much is there of what is uploaded; its addresses are known to whoever uploads."""
    if row.upload is None:
        return None
    return {
        "kind": row.upload.kind,
        "size": row.upload.size,
        "received": row.received,
        "complete": bool(row.upload.complete),
        "expires": row.upload.expires,
    }
