"""Statistics over HTTP."""

from flask.views import MethodView

from ec_builds.api.arguments import list_query
from ec_builds.api.reading import read
from ec_builds.api.representations import stats as look
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime

blp = Blueprint("stats", __name__, description="What apps have built and deployed")


@blp.route("/stats")
class Stats(MethodView):
    kind, listing = "stats", catalog.STATS

    @blp.arguments(list_query(catalog.STATS), location="query")
    @blp.reads("app-stats", "app-stat")
    def get(self, parameters):
        """List the statistics of all apps, or read those of one"""
        return read(runtime.stats, look, parameters)
