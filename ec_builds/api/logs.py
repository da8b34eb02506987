"""What builds print, over HTTP: as a file, and live together with their events."""

from flask import request
from flask.views import MethodView

from ec_builds.api.addressing import readable
from ec_builds.api.arguments import Watched, item_query
from ec_builds.api.representations import live
from ec_builds.lists import catalog
from ec_builds.web import streams
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import caller, runtime
from ec_builds.web.downloads import send
from ec_builds.web.responses import no_content

blp = Blueprint("logs", __name__, url_prefix="/platform/build", description="Watch builds")
Item = item_query(catalog.BUILDS)

#: Builds print what they like: no browser is to run it.
INERT = {"Content-Security-Policy": "sandbox", "Cache-Control": "private, no-cache"}
TEXT = {"type": "string"}
MESSAGES = {"description": "Messages, each of an `event`, its `data`, and mostly an `id`."}


@blp.route("/log")
class Log(MethodView):
    @blp.arguments(Item, location="query")
    @blp.response(200, TEXT, content_type="text/plain")
    def get(self, parameters):
        """Read what the commands of a build have printed so far; Range works"""
        build = readable(runtime.builds, parameters)
        return send(runtime.logs.of_build(build.id), **INERT)


@blp.route("/events/stream")
class Events(MethodView):
    @blp.arguments(Watched, location="query")
    @blp.response(200, MESSAGES, content_type="text/event-stream")
    @blp.alt_response(204, description="The client has seen everything; it need not come again.")
    def get(self, parameters):
        """Watch a build: its events and its log, from the beginning or from an id on

        Messages are `event` (an event as in the build), `log` (a line), `state` (status and
        successful) and `end`. Their ids go into `Last-Event-ID`.
        """
        last_id = last_seen(parameters)
        build = readable(runtime.builds, parameters)
        feed = runtime.watch.open(build.id, last_id, live, runtime.builds.permit(caller(), build))
        if feed is None:
            return no_content()
        return streams.live(runtime.watch, feed, "text/event-stream")


def last_seen(parameters):
    """The id of the last message that the client has seen; the header is newer than the address."""
    asked = parameters.pop("lastEventId", "")
    return request.headers.get("Last-Event-ID") or asked
