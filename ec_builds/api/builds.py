"""Builds over HTTP: look them up, start new ones, delete them."""

from flask.views import MethodView

from ec_builds.api.actions import action
from ec_builds.api.addresses import signing
from ec_builds.api.addressing import addressed, refuse_item, required, required_all
from ec_builds.api.arguments import NewBuild, item_query, list_query
from ec_builds.api.reading import read
from ec_builds.api.representations import build as look
from ec_builds.web.retrying import once
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.body import read_optional_body
from ec_builds.web.counting import count_start
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, created, hal, unchanged

blp = Blueprint("builds", __name__, description="Runs from code and data to a zip or an image")
Query, Item = list_query(catalog.BUILDS), item_query(catalog.BUILDS)


def represent(build):
    return look.one(build, urls())


@blp.route("/platform/build")
class Builds(MethodView):
    kind, listing = "build", catalog.BUILDS

    @blp.arguments(Query, location="query")
    @blp.reads("builds", "build")
    def get(self, parameters):
        """Read one build, or list the builds of a platform"""
        if self.listing.id not in parameters:
            for platform_id in required_all(parameters, "platformID"):
                runtime.platforms.get(caller(), platform_id)
        return read(runtime.builds, look, parameters)

    @blp.arguments(NewBuild, location="query")
    @blp.body("build-template", required=False)
    @blp.response(201, "build", content_type=HAL)
    def post(self, parameters):
        """Start a build; the answer does not wait for its end"""
        refuse_item(parameters, runtime.builds)
        count_start()
        platform_id = required(parameters, "platformID")
        body = read_optional_body("build-template")
        wanted = (platform_id, body.get("comment"))
        build = once(runtime.builds, lambda: runtime.builds.submit(caller(), *wanted))
        return created(represent(build))

    @blp.arguments(Item, location="query")
    @blp.response(200, "build", content_type=HAL)
    def delete(self, parameters):
        """Delete a build; one that is still running is cancelled first"""
        build = addressed(runtime.builds, parameters)
        return hal(represent(runtime.builds.delete(caller(), build, unchanged(represent))))


action(
    blp, "/platform/build", Builds, "pin", represent,
    "Pin a build: it stays, whatever the retention of its app says",
)
action(
    blp, "/platform/build", Builds, "unpin", represent,
    "Take the pin off a build: it is left to the retention of its app",
)
action(
    blp, "/platform/build", Builds, "cancel", represent,
    "Cancel a build that has not ended; it stays, as a build that was cancelled",
)
signing(
    blp, "/platform/build", Builds, "download", Item,
    lambda build, _: urls().below(build.location["config"]["url"]),
    "Make an address at which the zip of a build can be had without a token",
)
signing(
    blp, "/platform/build", Builds, "log/address", Item, lambda build, _: urls().log(build.id),
    "Make an address at which the log of a build can be read without a token",
)
signing(
    blp, "/platform/build", Builds, "events/address", Item,
    lambda build, _: urls().stream(build.id),
    "Make an address at which a build can be watched without a token",
)
