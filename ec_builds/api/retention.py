"""What apps keep of their builds, over HTTP."""

from flask.views import MethodView

from ec_builds.api.addressing import edited, readable
from ec_builds.api.arguments import item_query
from ec_builds.api.representations import retention as look
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.methods import allow
from ec_builds.web.responses import HAL, hal, unchanged

blp = Blueprint("retention", __name__, description="What apps keep of their builds")
Item = item_query(catalog.RETENTION)

#: Builds that a preview shows.
LONGEST = 100


def represent(app):
    return look.one(app, urls())


@blp.route("/retention")
class Retention(MethodView):
    kind, listing = "retention", catalog.RETENTION

    @blp.arguments(Item, location="query")
    @blp.response(200, "retention", content_type=HAL)
    def get(self, parameters):
        """Read what an app keeps of its builds"""
        app = readable(runtime.retention, parameters)
        return hal(represent(app), Allow=allow(app))

    @blp.arguments(Item, location="query")
    @blp.body("retention-template")
    @blp.response(200, "retention", content_type=HAL)
    def put(self, parameters):
        """Say what an app keeps of its builds"""
        app, body = edited(runtime.retention, parameters, "retention-template")
        limits = (body["newest"], body["days"], body["bytes"])
        return hal(represent(runtime.retention.edit(caller(), app, unchanged(represent), *limits)))


@blp.route("/retention/preview")
class Preview(MethodView):
    kind, listing = "preview", catalog.RETENTION

    @blp.arguments(Item, location="query")
    @blp.response(200, "retention-preview", content_type=HAL)
    def get(self, parameters):
        """Read which builds an app would lose now, and why"""
        app = readable(runtime.previews, parameters)
        return hal(look.preview(runtime.previews.of(app, LONGEST), urls()), Allow=allow(app))
