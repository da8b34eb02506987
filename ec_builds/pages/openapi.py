"""The OpenAPI document, and a page that shows it without the internet."""

from functools import cache, cached_property
from threading import Lock

from flask import Flask
from flask_smorest import Api
from flask_swagger_ui import get_swaggerui_blueprint

from ec_builds import __version__, schema
from ec_builds.pages.headers import Headers
from ec_builds.pages.refusals import Refusals
from ec_builds.web import policies

#: Where the description hangs on the Flask app.
EXTENSION = "ec_builds.openapi"
#: JSON Schema words that mean something else, or nothing, in an OpenAPI document.
FOREIGN = ("$schema", "id")
#: What the page of the document loads besides what is in it; it sets styles as it goes.
OF_PAGE = {
    "connect": "'self'",
    "img": "'self' data:",
    "script": "'self'",
    "style": "'self' 'unsafe-inline'",
}
SECURITY = {
    "header": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "query": {"type": "apiKey", "in": "query", "name": "_token"},
}


class OpenAPI(Api):
    """flask-smorest's Api, with our problem document as its error and nothing of its handlers."""

    ERROR_SCHEMA = "error"
    #: Of errors; all other answers say what they are.
    DEFAULT_RESPONSE_CONTENT_TYPE = "application/problem+json"

    def _register_error_handlers(self):
        """Errors are ours: see `web/problems.py`."""


class Description:
    """The OpenAPI document of blueprints. It is made when somebody asks for it, which few do."""

    def __init__(self, blueprints):
        self.blueprints, self.lock = blueprints, Lock()

    @property
    def document(self):
        """The whole document."""
        with self.lock:  # to make it twice at a time helps nobody
            return self._document

    @cached_property
    def _document(self):
        app = Flask(__name__)  # it needs one of its own, for an app that serves takes no more
        app.config.update(API_TITLE="ec-builds", API_VERSION=__version__, OPENAPI_VERSION="3.1.0")
        plugins = [Refusals(), Headers()]  # errors have headers, too
        options = {"security": [{"header": []}, {"query": []}], "extra_plugins": plugins}
        api = OpenAPI(app, spec_kwargs=options)
        api.ma_plugin.converter.add_parameter_attribute_function(whether_needed)
        for name, description in SECURITY.items():
            api.spec.components.security_scheme(name, description)
        for name in schema.names():
            api.spec.components.schema(name, component(schema.document(name, ""), name))
        for blueprint in self.blueprints:
            api.register_blueprint(blueprint)
        return api.spec.to_dict()

    @property
    def paths(self):
        """What the document says of each path."""
        return self.document["paths"]


def register(app, blueprints):
    """Serve blueprints, their description, and a page that shows it."""
    description = app.extensions[EXTENSION] = Description(blueprints)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.register_blueprint(shown(app))

    @app.get("/openapi.json")
    def openapi():
        text = app.json.dumps(description.document, sort_keys=False)
        return app.response_class(text, mimetype="application/json")


def shown(app):
    """The page that shows the document. It may run its own scripts, and ask this server."""
    options = {
        "app_name": "ec-builds",
        # Without a word about it, the page would send the document to somebody's validator.
        "validatorUrl": "none",
        "oauth2RedirectUrl": None,
    }
    page = get_swaggerui_blueprint("/docs", "../openapi.json", options)

    @cache
    def policy():
        html = app.view_functions["swagger_ui.show"]()
        return policies.of_page(html, **OF_PAGE)

    @page.after_request
    def fence(response):
        response.headers.update({**policies.OF_PAGES, "Content-Security-Policy": policy()})
        return response

    return page


def whether_needed(converter, field, **_):
    """Parameters that views ask for are required, though marshmallow does not know."""
    return {"required": True} if field.metadata.get("needed") else {}


def component(value, name):
    """A JSON Schema as a component: its references lead to other components."""
    if isinstance(value, dict):
        found = {key: component(each, name) for key, each in value.items() if key not in FOREIGN}
        if isinstance(value.get("$ref"), str):
            document, _, path = value["$ref"].partition("#")
            found["$ref"] = f"#/components/schemas/{document or name}{path}"
        return found
    if isinstance(value, list):
        return [component(each, name) for each in value]
    return value
