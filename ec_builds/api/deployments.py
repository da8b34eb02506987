"""Deployments over HTTP: look them up, start new ones."""

from flask.views import MethodView

from ec_builds.api.addresses import signing
from ec_builds.api.addressing import refuse_item, required, required_all
from ec_builds.api.arguments import Kept, NewDeployment, list_query
from ec_builds.api.reading import read
from ec_builds.api.representations import deployment as look
from ec_builds.web.retrying import once
from ec_builds.errors import MissingParameter, NoMatch
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.body import read_optional_body
from ec_builds.web.counting import count_start
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, created

blp = Blueprint("deployments", __name__, description="Runs that take a build to its targets")

#: One of these has to be given, or a list would be about everything (reference 3.11).
OWNERS = ("platformID", "targetID", "buildID", "deploymentID")


@blp.route("/platform/deployment")
class Deployments(MethodView):
    kind, listing = "deployment", catalog.DEPLOYMENTS

    @blp.arguments(list_query(catalog.DEPLOYMENTS), location="query")
    @blp.reads("deployments", "deployment")
    def get(self, parameters):
        """Read one deployment, or list those of a platform, a target or a build"""
        if not any(parameters.get(name) for name in OWNERS):
            raise MissingParameter("platformID")
        platforms = [runtime.platforms.get(caller(), each) for each in platform_ids(parameters)]
        app_ids = {platform.app_id for platform in platforms}
        return read(runtime.deployments, look, parameters, app_ids=app_ids)

    @blp.arguments(NewDeployment, location="query")
    @blp.body("deployment-template", required=False)
    @blp.response(201, "deployment", content_type=HAL)
    def post(self, parameters):
        """Deploy a successful build to targets; the answer does not wait for its end"""
        refuse_item(parameters, runtime.deployments)
        count_start()
        platform_id = required(parameters, "platformID")
        runtime.deployments.may_start(caller(), platform_id)
        wanted = (
            platform_id,
            required(parameters, "buildID", "integer"),
            required_all(parameters, "targetID"),
            *wishes(),
        )
        deployment = once(
            runtime.deployments, lambda: runtime.deployments.submit(caller(), *wanted)
        )
        return created(look.one(deployment, urls()))


def platform_ids(parameters):
    """The platforms whose deployments are asked for, as far as the query names them."""
    return required_all(parameters, "platformID") if parameters.get("platformID") else ()


def wishes():
    """Comment and outside config of the body, if there is one."""
    body = read_optional_body("deployment-template")
    return body.get("comment"), body.get("outsideConfig")


def kept(deployment, parameters):
    """The address of the file that is asked for. Raises MissingParameter and NoMatch."""
    found = deployment.kept.get(required(parameters, "targetID"))
    if found is None:
        raise NoMatch("targetID", "This target keeps no file of the deployment.")
    return urls().below(found)


signing(
    blp, "/platform/deployment", Deployments, "download", Kept, kept,
    "Make an address at which a file of a deployment can be had without a token",
)
