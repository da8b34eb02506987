"""The JSON Schemas, served where the links' `profile` points; public, as reference 1.7 wants."""

import orjson
from flask import Blueprint, Response

from ec_builds import schema
from ec_builds.api.representations.types import ARRAYS, config_schema
from ec_builds.errors import NotFound
from ec_builds.web.current import runtime, urls
from ec_builds.web.responses import conditional, etag

blp = Blueprint("schemas", __name__, url_prefix="/schema")
KINDS = {part: kind for kind, (_, part) in ARRAYS.items()}


@blp.get("/<name>")
def resource(name):
    """The schema of a resource, a list, a template or an error."""
    return answer(schema.document(name, urls().schema("")))


@blp.get("/types/<part>/<type>")
def config(part, type):
    """The schema of a plugin's configs."""
    plugin = part in KINDS and runtime.types.get(KINDS[part], type)
    if not plugin:
        raise NotFound
    return answer(config_schema(plugin, part, urls()))


def answer(document):
    body = orjson.dumps(document)
    response = Response(body, content_type="application/schema+json")
    response.set_etag(etag(body))
    response.headers["Cache-Control"] = "public, max-age=60"
    return conditional(response)
