"""The JSON Schemas, served where the links' `profile` points; public, as reference 1.7 wants."""

import orjson
from flask import Response

from ec_builds import schema
from ec_builds.api.representations.types import ARRAYS, config_schema
from ec_builds.errors import NotFound
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime, urls
from ec_builds.web.responses import conditional, etag

blp = Blueprint(
    "schemas", __name__, url_prefix="/schema", public=True, description="What documents look like"
)
SCHEMA = "application/schema+json"
KINDS = {part: kind for kind, (_, part) in ARRAYS.items()}


@blp.route("/<name>")
@blp.open
@blp.response(200, {"type": "object"}, content_type=SCHEMA)
def resource(name):
    """Read the JSON Schema of a resource, a list, a template or an error"""
    return answer(schema.document(name, urls().schema("")))


@blp.route("/types/<part>/<type>")
@blp.open
@blp.response(200, {"type": "object"}, content_type=SCHEMA)
def config(part, type):
    """Read the JSON Schema of a plugin's configs"""
    plugin = part in KINDS and runtime.types.get(KINDS[part], type)
    if not plugin:
        raise NotFound
    return answer(config_schema(plugin, part, urls()))


def answer(document):
    body = orjson.dumps(document)
    response = Response(body, content_type=SCHEMA)
    response.set_etag(etag(body))
    response.headers["Cache-Control"] = "public, max-age=60"
    return conditional(response)
