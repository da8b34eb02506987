"""Apps over HTTP; their list is the entry point."""

from flask.views import MethodView

from ec_builds.api.addressing import addressed, edited, refuse_item
from ec_builds.api.arguments import NewApp, item_query, list_query
from ec_builds.api.reading import read
from ec_builds.api.representations import app as look
from ec_builds.web.retrying import once
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.body import read_body
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, created, hal, no_content, unchanged

blp = Blueprint("apps", __name__, description="What customers build; owns everything below it")
Query, Item = list_query(catalog.APPS), item_query(catalog.APPS)


def represent(app):
    return look.one(app, urls())


@blp.route("/")
class Apps(MethodView):
    kind, listing = "app", catalog.APPS

    @blp.arguments(Query, location="query")
    @blp.reads("apps", "app")
    def get(self, parameters):
        """Enter here: list the apps, or read one"""
        return read(runtime.apps, look, parameters)

    @blp.arguments(NewApp, location="query")
    @blp.body("app-template")
    @blp.response(201, "app", content_type=HAL)
    def post(self, parameters):
        """Create an app"""
        refuse_item(parameters, runtime.apps)
        runtime.apps.may_create_some(caller())
        body = read_body("app-template")
        values = (body["title"], body["hexColor"])
        app = once(runtime.apps, lambda: runtime.apps.create(caller(), *values))
        return created(represent(app))

    @blp.arguments(Item, location="query")
    @blp.body("app-template")
    @blp.response(200, "app", content_type=HAL)
    def put(self, parameters):
        """Edit an app"""
        app, body = edited(runtime.apps, parameters, "app-template")
        guard = unchanged(represent)
        app = runtime.apps.edit(caller(), app, guard, body["title"], body["hexColor"])
        return hal(represent(app))

    @blp.arguments(Item, location="query")
    @blp.response(204)
    def delete(self, parameters):
        """Delete an app and everything below it"""
        app = addressed(runtime.apps, parameters)
        runtime.apps.delete(caller(), app, unchanged(represent))
        return no_content()
