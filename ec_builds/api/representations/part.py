"""How it looks that something belongs to a build."""

from ec_builds.api.representations.run import owner_of
from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

#: Kind: relations of its list, of the template of its list, and of one of it.
LISTS = {
    "job": (rel.JOBS, rel.JOBS_OPTIONS, rel.JOB_BY_ID),
    "artifact": (rel.ARTIFACTS, rel.ARTIFACTS_OPTIONS, rel.ARTIFACT_BY_ID),
    "tag": (rel.TAGS, rel.TAGS_OPTIONS, rel.TAG_BY_ID),
    "build-variable": (
        rel.BUILD_VARIABLES, rel.BUILD_VARIABLES_OPTIONS, rel.BUILD_VARIABLE_BY_ID
    ),
    "build-object": (rel.BUILD_OBJECTS, rel.BUILD_OBJECTS_OPTIONS, rel.BUILD_OBJECT_BY_ID),
}
#: The only kind that builds have without a manifest, and that clients make; others follow from it.
MADE = "tag"


def link_parts(document, row, urls):
    """Link to what a build has."""
    if row.has_image:
        image = urls.item("image", row.id)
        document.link(rel.BUILD_IMAGE, image, profile=urls.schema("image"))
    if row.has_manifest:
        manifest = urls.action("build", "manifest", row.id)
        document.link(rel.BUILD_MANIFEST, manifest, type="text/plain")
    for kind, (parts, options, _) in LISTS.items():
        if kind == MADE or row.has_manifest:
            own = urls.collection(kind, buildID=row.id)
            document.link(parts, own, profile=urls.schema(f"{kind}s"))
            document.template(options, urls.options(kind, buildID=row.id))


def begun(kind, row, urls, /, **state):
    """The beginning of a document of one of them: its state, its list and its build."""
    document = Document(urls.item(kind, row.id), urls.schema(kind), **state)
    own = urls.collection(kind, buildID=state["buildID"])
    document.link("collection", own, profile=urls.schema(f"{kind}s"))
    build = urls.item("build", state["buildID"])
    return document.link(rel.BUILD, build, profile=urls.schema("build"))


def listing(kind, href, question, urls):
    """The beginning of a list of them, with their build if it is one build's."""
    _, options, by_id = LISTS[kind]
    owner = owner_of(question, "buildID")
    document = Document(href, urls.schema(f"{kind}s"))
    profile = {"profile": urls.schema(kind)} if kind == MADE else {}
    document.template(by_id, urls.by_id(kind), **profile)
    document.template(options, urls.options(kind, **owner))
    if owner:
        build = urls.item("build", owner["buildID"])
        document.link(rel.BUILD, build, profile=urls.schema("build"))
    return document
