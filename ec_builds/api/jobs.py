"""Jobs of builds over HTTP, and what they print."""

from flask.views import MethodView

from ec_builds.api.addresses import signing
from ec_builds.api.addressing import readable
from ec_builds.api.arguments import item_query, list_query
from ec_builds.api.logs import INERT, TEXT
from ec_builds.api.parts import read_parts
from ec_builds.api.representations import job as look
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime, urls
from ec_builds.web.downloads import send

PATH = "/platform/build/job"
blp = Blueprint("jobs", __name__, description="Parts of builds by manifests")
Item = item_query(catalog.JOBS)


@blp.route(PATH)
class Jobs(MethodView):
    kind, listing = "job", catalog.JOBS

    @blp.arguments(list_query(catalog.JOBS), location="query")
    @blp.reads("jobs", "job")
    def get(self, parameters):
        """List the jobs of a build, or read one"""
        return read_parts(runtime.jobs, look, parameters)


@blp.route(f"{PATH}/log")
class JobLog(MethodView):
    @blp.arguments(Item, location="query")
    @blp.response(200, TEXT, content_type="text/plain")
    def get(self, parameters):
        """Read what a job has printed so far; Range works"""
        return send(runtime.logs.of_job(readable(runtime.jobs, parameters)), **INERT)


signing(
    blp, PATH, Jobs, "log/address", Item, lambda job, _: urls().action("job", "log", job.id),
    "Make an address at which the log of a job can be read without a token",
)
