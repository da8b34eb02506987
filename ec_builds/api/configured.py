"""Code sources, data sources and targets over HTTP: one view, made for each of the three."""

from flask.views import MethodView

from ec_builds.api.addressing import addressed, edited, refuse_item, required
from ec_builds.api.arguments import Owned, item_query, list_query
from ec_builds.api.reading import read
from ec_builds.api.representations import configured
from ec_builds.web.retrying import once
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.body import read_body
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, created, hal, no_content, unchanged


def blueprint(look, own_listing, service, words):
    """The blueprint of one kind; `service` is its name in the runtime, `words` what people say."""
    blp = Blueprint(service, __name__, description=f"{words.capitalize()}s of apps")
    template = f"{look.kind}-template"
    Query, Item = list_query(own_listing), item_query(own_listing)

    def represent(thing):
        return look.one(thing, urls())

    def things():
        return getattr(runtime, service)

    class Configured(MethodView):
        kind, listing = look.kind, own_listing

        @blp.arguments(Query, location="query")
        @blp.reads(f"{look.kind}s", look.kind)
        def get(self, parameters):
            return read(things(), look, parameters)

        @blp.arguments(Owned, location="query")
        @blp.body(template)
        @blp.response(201, look.kind, content_type=HAL)
        def post(self, parameters):
            refuse_item(parameters, things())
            app_id = required(parameters, "appID")
            things().may_create(caller(), app_id)
            body = read_body(template)
            values = (app_id, body[look.type_name], body["config"])
            thing = once(things(), lambda: things().create(caller(), *values))
            return created(represent(thing))

        @blp.arguments(Item, location="query")
        @blp.body(template)
        @blp.response(200, look.kind, content_type=HAL)
        def put(self, parameters):
            thing, body = edited(things(), parameters, template)
            values = (body[look.type_name], body["config"])
            return hal(represent(things().edit(caller(), thing, unchanged(represent), *values)))

        @blp.arguments(Item, location="query")
        @blp.response(204)
        def delete(self, parameters):
            things().delete(caller(), addressed(things(), parameters), unchanged(represent))
            return no_content()

    for method, summary in SUMMARIES.items():
        getattr(Configured, method).__doc__ = summary.format(words)
    blp.route(f"/{look.kind}", endpoint=look.kind)(Configured)
    return blp


#: Method: what it does, for the OpenAPI document.
SUMMARIES = {
    "get": "List the {0}s of an app, or read one {0}",
    "post": "Create a {0}",
    "put": "Edit a {0}; later builds are affected",
    "delete": "Delete a {0} that no platform uses",
}

blueprints = (
    blueprint(configured.CODE_SOURCE, catalog.CODE_SOURCES, "codesources", "code source"),
    blueprint(configured.DATA_SOURCE, catalog.DATA_SOURCES, "datasources", "data source"),
    blueprint(configured.TARGET, catalog.TARGETS, "targets", "target"),
)
