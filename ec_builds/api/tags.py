"""Tags of builds over HTTP."""

from flask.views import MethodView

from ec_builds.api.addressing import addressed, refuse_item, required
from ec_builds.api.arguments import OfBuild, item_query, list_query
from ec_builds.api.parts import read_parts
from ec_builds.api.representations import tag as look
from ec_builds.web.retrying import once
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.body import read_body
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, created, no_content, unchanged

blp = Blueprint("tags", __name__, description="Words by which builds are found again")


def represent(tag):
    return look.one(tag, urls())


@blp.route("/platform/build/tag")
class Tags(MethodView):
    kind, listing = "tag", catalog.TAGS

    @blp.arguments(list_query(catalog.TAGS), location="query")
    @blp.reads("tags", "tag")
    def get(self, parameters):
        """List the tags of a build, or read one"""
        return read_parts(runtime.build_tags, look, parameters)

    @blp.arguments(OfBuild, location="query")
    @blp.body("tag-template")
    @blp.response(201, "tag", content_type=HAL)
    def post(self, parameters):
        """Give a build a tag, which it may have already"""
        refuse_item(parameters, runtime.build_tags)
        build_id = required(parameters, "buildID", "integer")
        runtime.build_tags.may_give(caller(), build_id)
        wanted = (build_id, read_body("tag-template")["name"])
        tags = runtime.build_tags
        return created(represent(once(tags, lambda: tags.create(caller(), *wanted))))

    @blp.arguments(item_query(catalog.TAGS), location="query")
    @blp.response(204)
    def delete(self, parameters):
        """Take a tag off a build"""
        tag = addressed(runtime.build_tags, parameters)
        runtime.build_tags.delete(caller(), tag, unchanged(represent))
        return no_content()
