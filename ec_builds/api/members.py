"""Members of apps over HTTP. Who is to become one is invited: see `invitations.py`."""

from flask.views import MethodView

from ec_builds.api.addressing import addressed, edited
from ec_builds.api.arguments import item_query, list_query
from ec_builds.api.reading import read
from ec_builds.api.representations import member as look
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, hal, no_content, unchanged

blp = Blueprint("members", __name__, description="Who belongs to apps")
Query, Item = list_query(catalog.MEMBERS), item_query(catalog.MEMBERS)


def represent(member):
    return look.one(member, urls())


@blp.route("/member")
class Members(MethodView):
    kind, listing = "member", catalog.MEMBERS

    @blp.arguments(Query, location="query")
    @blp.reads("members", "member")
    def get(self, parameters):
        """List the members of an app, or read one"""
        return read(runtime.members, look, parameters)

    @blp.arguments(Item, location="query")
    @blp.body("member-template")
    @blp.response(200, "member", content_type=HAL)
    def put(self, parameters):
        """Give a member another role"""
        member, body = edited(runtime.members, parameters, "member-template")
        guard = unchanged(represent)
        return hal(represent(runtime.members.edit(caller(), member, guard, body["role"])))

    @blp.arguments(Item, location="query")
    @blp.response(204)
    def delete(self, parameters):
        """Take a member out of an app, or leave it"""
        member = addressed(runtime.members, parameters)
        runtime.members.delete(caller(), member, unchanged(represent))
        return no_content()
