"""The installed plugins over HTTP."""

from flask.views import MethodView

from ec_builds.api.representations.types import types
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime, urls
from ec_builds.web.methods import allow
from ec_builds.web.responses import HAL, hal

blp = Blueprint("types", __name__, description="Which plugins there are")


@blp.route("/plugintypes")
class Types(MethodView):
    kind, listing = "types", None

    @blp.response(200, "app-plugin-types", content_type=HAL)
    def get(self):
        """Read which plugins there are, with the schemas of their configs"""
        return hal(types(runtime.types.of, urls()), Allow=allow())
