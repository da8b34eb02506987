"""A blueprint with our guard, whose query strings are read as the reference says."""

import flask_smorest
from webargs.flaskparser import FlaskParser

from ec_builds.errors import InvalidParameter
from ec_builds.web.guard import guard
from ec_builds.web.responses import HAL


class QueryParser(FlaskParser):
    """Reads query strings. What does not fit is a problem with the parameter's name.

    A parameter may be repeated with the same value, because link templates
    carry the owner's id twice (reference 3.1); two values are an error, unless
    the field says that it may be `repeated`: then they are joined by commas.
    """

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": None}

    def load_querystring(self, req, schema):
        parameters = {}
        for name, values in req.args.lists():
            if any("\0" in text for text in (name, *values)):
                raise InvalidParameter(name.replace("\0", "�"), "There is a NUL character in it.")
            field = schema.fields.get(name)
            different = list(dict.fromkeys(values))
            if len(different) > 1 and not (field and field.metadata.get("repeated")):
                raise InvalidParameter(name, f"{name} is given twice, with different values.")
            parameters[name] = ",".join(different)
        return parameters

    def handle_error(self, error, req, schema, *, error_status_code, error_headers):
        name, reasons = next(iter(error.messages["query"].items()))
        raise InvalidParameter(name, " ".join(map(str, reasons))) from error


class Blueprint(flask_smorest.Blueprint):
    """A blueprint of a face. Unless it is `public`, every view asks for a token first."""

    ARGUMENTS_PARSER = QueryParser()

    def __init__(self, *arguments, public=False, **options):
        super().__init__(*arguments, **options)
        if not public:
            self.before_request(guard)

    def open(self, view):
        """Document that a view of a public blueprint asks for no token."""
        return self.doc(security=[])(view)

    def arguments(self, schema, **options):
        """Read the query string by a schema; one instance of it serves all requests."""
        return super().arguments(schema(), **options)

    def reads(self, *names):
        """Document a GET that answers with one of these schemas, by their names."""
        schemas = [{"$ref": f"#/components/schemas/{name}"} for name in names]
        return self.response(200, {"oneOf": schemas}, content_type=HAL)

    def body(self, name, required=True):
        """Document the JSON body of a view by the name of its schema; the view reads it itself."""
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        return self.doc(requestBody={"required": required, "content": content})
