"""Platforms over HTTP."""

from flask.views import MethodView

from ec_builds.api.addressing import addressed, edited, refuse_item, required
from ec_builds.api.arguments import Owned, item_query, list_query
from ec_builds.api.linked import all_parts, given_parts
from ec_builds.api.reading import read
from ec_builds.api.representations import platform as look
from ec_builds.web.retrying import once
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.body import read_body
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, created, hal, no_content, unchanged

blp = Blueprint("platforms", __name__, description="What joins plugins, and can be built")
Query, Item = list_query(catalog.PLATFORMS), item_query(catalog.PLATFORMS)
TEMPLATE = "platform-template"


def represent(platform):
    return look.one(platform, urls())


def own_values(body):
    return {"title": body["title"], "type": body["platformType"], "config": body["config"]}


@blp.route("/platform")
class Platforms(MethodView):
    kind, listing = "platform", catalog.PLATFORMS

    @blp.arguments(Query, location="query")
    @blp.reads("platforms", "platform")
    def get(self, parameters):
        """List the platforms of an app, or read one"""
        return read(runtime.platforms, look, parameters)

    @blp.arguments(Owned, location="query")
    @blp.body(TEMPLATE)
    @blp.response(201, "platform", content_type=HAL)
    def post(self, parameters):
        """Create a platform from plugins that are linked"""
        refuse_item(parameters, runtime.platforms)
        app_id = required(parameters, "appID")
        runtime.platforms.may_create(caller(), app_id)
        body = read_body(TEMPLATE)
        values = {**own_values(body), **all_parts(body)}
        platform = once(
            runtime.platforms, lambda: runtime.platforms.create(caller(), app_id, **values)
        )
        return created(represent(platform))

    @blp.arguments(Item, location="query")
    @blp.body(TEMPLATE)
    @blp.response(200, "platform", content_type=HAL)
    def put(self, parameters):
        """Edit a platform; later builds are affected"""
        platform, body = edited(runtime.platforms, parameters, TEMPLATE)
        platform = runtime.platforms.edit(
            caller(), platform, unchanged(represent), **own_values(body), **given_parts(body)
        )
        return hal(represent(platform))

    @blp.arguments(Item, location="query")
    @blp.response(204)
    def delete(self, parameters):
        """Delete a platform with its builds and deployments"""
        platform = addressed(runtime.platforms, parameters)
        runtime.platforms.delete(caller(), platform, unchanged(represent))
        return no_content()
