"""Artifacts of builds over HTTP: what is known of them, and their bytes."""

from flask.views import MethodView

from ec_builds.api.addresses import signing
from ec_builds.api.addressing import readable
from ec_builds.api.arguments import item_query, list_query
from ec_builds.api.files import sent
from ec_builds.api.parts import read_parts
from ec_builds.api.representations import artifact as look
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime, urls

PATH = "/platform/build/artifact"
#: Artifacts are to be saved, whatever is in them.
BYTES = "application/octet-stream"
blp = Blueprint("artifacts", __name__, description="Files that jobs of builds leave")
Item = item_query(catalog.ARTIFACTS)


@blp.route(PATH)
class Artifacts(MethodView):
    kind, listing = "artifact", catalog.ARTIFACTS

    @blp.arguments(list_query(catalog.ARTIFACTS), location="query")
    @blp.reads("artifacts", "artifact")
    def get(self, parameters):
        """List the artifacts of a build, or read what is known of one"""
        return read_parts(runtime.artifacts, look, parameters)


@blp.route(f"{PATH}/content")
class Content(MethodView):
    @blp.arguments(Item, location="query")
    @blp.response(200, {"type": "string", "format": "binary"}, content_type=BYTES)
    def get(self, parameters):
        """Download an artifact; Range and conditional requests work"""
        artifact = readable(runtime.artifacts, parameters)
        return sent(runtime.artifacts.content(artifact), BYTES)


signing(
    blp, PATH, Artifacts, "download", Item,
    lambda artifact, _: urls().action("artifact", "content", artifact.id),
    "Make an address at which an artifact can be had without a token",
)
