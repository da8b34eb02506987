"""What builds are made of, over HTTP: their variables, objects, manifests and images."""

from flask.views import MethodView

from ec_builds.api.addressing import readable
from ec_builds.api.arguments import item_query, list_query
from ec_builds.api.files import found
from ec_builds.api.logs import INERT, TEXT
from ec_builds.api.parts import read_parts
from ec_builds.api.representations import image as image_look
from ec_builds.api.representations.material import OBJECT, VARIABLE
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime, urls
from ec_builds.web.downloads import send
from ec_builds.web.methods import allow
from ec_builds.web.responses import HAL, hal

blp = Blueprint("materials", __name__, url_prefix="/platform/build", description="What goes in")


@blp.route("/variable")
class BuildVariables(MethodView):
    kind, listing = "build-variable", catalog.BUILD_VARIABLES

    @blp.arguments(list_query(catalog.BUILD_VARIABLES), location="query")
    @blp.reads("build-variables", "build-variable")
    def get(self, parameters):
        """List the variables of a build, or read one"""
        return read_parts(runtime.build_variables, VARIABLE, parameters)


@blp.route("/object")
class BuildObjects(MethodView):
    kind, listing = "build-object", catalog.BUILD_OBJECTS

    @blp.arguments(list_query(catalog.BUILD_OBJECTS), location="query")
    @blp.reads("build-objects", "build-object")
    def get(self, parameters):
        """List the objects of a build, or read one"""
        return read_parts(runtime.build_objects, OBJECT, parameters)


@blp.route("/manifest")
class Manifest(MethodView):
    @blp.arguments(item_query(catalog.BUILDS), location="query")
    @blp.response(200, TEXT, content_type="text/plain")
    def get(self, parameters):
        """Read the manifest that a build is made by"""
        build = readable(runtime.builds, parameters)
        return send(found(runtime.manifests.of_build(build.id)), **INERT)


@blp.route("/image")
class BuildImage(MethodView):
    kind, listing = "image", catalog.IMAGES

    @blp.arguments(item_query(catalog.IMAGES), location="query")
    @blp.response(200, "image", content_type=HAL)
    def get(self, parameters):
        """Read which version of an image a build makes, and what is uploaded for it"""
        image = readable(runtime.build_images, parameters)
        return hal(image_look.one(image, urls()), Allow=allow(image))
