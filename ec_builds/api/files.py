"""Results over HTTP: zips of builds, and what targets keep for download."""

from flask.views import MethodView

from ec_builds.errors import NotFound
from ec_builds.lists.kinds import read_integer
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import caller, runtime
from ec_builds.web.downloads import send

blp = Blueprint("files", __name__, url_prefix="/files", description="Results to download")

#: Results are data: no browser is to run what is in them.
INERT = {"Content-Security-Policy": "sandbox", "Cache-Control": "private, no-cache"}


@blp.route("/builds/<int:build_id>.zip")
class BuildFile(MethodView):
    @blp.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
    def get(self, build_id):
        """Download the zip of a build; Range and conditional requests work"""
        return sent(runtime.files.of_build(caller(), number(build_id)))


@blp.route("/deployments/<int:deployment_id>/<target_id>/<name>")
class DeploymentFile(MethodView):
    @blp.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
    def get(self, deployment_id, target_id, name):
        """Download what a target keeps of a deployment"""
        return sent(runtime.files.of_deployment(caller(), number(deployment_id), target_id, name))


def number(run_id):
    """The id of a run; a larger number is nobody's."""
    try:
        return read_integer(str(run_id))
    except ValueError as error:
        raise NotFound from error


def found(file):
    """A Found that is there. Raises NotFound for None."""
    if file is None:
        raise NotFound
    return file


def sent(file, type="application/zip"):
    """A Found, to be saved. Raises NotFound for None."""
    return send(found(file), download=type, **INERT)
