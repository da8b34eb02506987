"""The audit over HTTP: it can only be read."""

from flask.views import MethodView

from ec_builds.api.arguments import list_query
from ec_builds.api.reading import read
from ec_builds.api.representations import audit as look
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime

blp = Blueprint("audit", __name__, description="Who did what; for admins")


@blp.route("/audit")
class Audit(MethodView):
    kind, listing = "audit", catalog.AUDIT

    @blp.arguments(list_query(catalog.AUDIT), location="query")
    @blp.reads("audit", "audit-line")
    def get(self, parameters):
        """List what was done, or read one line of it"""
        return read(runtime.audit, look, parameters)
