"""Which headers requests may have and answers have, for the description of an operation."""

from apispec import BasePlugin

from ec_builds.api.arguments import MESSAGE
from ec_builds.pages.refusals import FILES, content_types, is_file


def header(description, **words):
    """A header that is always there."""
    return {"description": description, "required": True, "schema": {"type": "string", **words}}


#: Header of answers: what it says.
OF_ANSWERS = {
    "X-Request-ID": header("Under which id the server knows the request.", minLength=1),
    "WWW-Authenticate": header("Which kind of token is asked for.", pattern="^Bearer "),
    "Allow": header(
        "What can be done here now, by whoever asks.", pattern="^[A-Z]+(, [A-Z]+)*$"
    ),
    "Retry-After": header("In how many seconds it can be tried again.", pattern="^[0-9]+$"),
    "Location": header("Where that is what was created.", pattern="^https?://"),
    "ETag": header("Changes whenever the document does.", pattern='^(W/)?"[^"]*"$'),
    "Accept-Ranges": header("That parts can be had.", enum=["bytes"]),
    "Content-Range": header(
        "Which part it is, or how much there is.", pattern="^bytes ([0-9]+-[0-9]+|[*])/[0-9]+$"
    ),
}
#: Status: the headers of such an answer.
OF_STATUSES = {
    "201": ("Location",),
    "206": ("Accept-Ranges", "Content-Range", "ETag"),
    "304": ("ETag",),
    "401": ("WWW-Authenticate",),
    "405": ("Allow",),
    "416": ("Content-Range",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}
#: Header of requests: what it does.
OF_REQUESTS = {
    "X-Request-ID": {"description": "An id that the request is to have: letters, digits, `._-`."},
    "If-Match": {"description": "Do it only while the document has this ETag; else 412."},
    "If-None-Match": {"description": "Do not send the document again while it has this ETag."},
    "Range": {"description": "The part that is wanted, as in `bytes=0-99`; anything else is all."},
    "Last-Event-ID": {
        "description": "The id of the last message seen.",
        "schema": {"type": "string", "pattern": MESSAGE},
    },
    "Idempotency-Key": {
        "description": "The same for each attempt of one request, which creates but one thing.",
        "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"},
    },
}
#: Answers with these change only when what they are about does, so they have an ETag.
TAGGED = {"application/hal+json", "application/schema+json", "text/plain", *FILES}


class Headers(BasePlugin):
    """Adds headers to every operation of an OpenAPI document, by what it answers."""

    def init_spec(self, spec):
        for name, told in OF_ANSWERS.items():
            spec.components.header(name, told)

    def operation_helper(self, operations=None, **_):
        for method, operation in (operations or {}).items():
            answers, types = operation["responses"], content_types(operation)
            if method == "get" and TAGGED & types:
                answers["304"] = {"description": "It is what the client has already."}
                if is_file(types):
                    content = answers["200"]["content"]
                    answers["206"] = {"description": "A part of it.", "content": content}
            for status, told in answers.items():
                told["headers"] = of_answer(method, status, types)
            known = operation.setdefault("parameters", [])
            known += [parameter(name) for name in of_request(method, "201" in answers, types)]


def of_answer(method, status, types):
    """The headers of an answer; `types` are the media types of what goes well."""
    names = ["X-Request-ID", *OF_STATUSES.get(status, ())]
    is_hal = "application/hal+json" in types
    if method == "get" and is_hal and status == "200":
        names.append("Allow")
    found = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if status in ("200", "201") and TAGGED & types:
        found["ETag"] = {"$ref": "#/components/headers/ETag"}
        if method == "get" and is_hal:
            told = "Lists of more than a hundred have none, for they are sent as they are read."
            found["ETag"] = {**OF_ANSWERS["ETag"], "description": told, "required": False}
    if status in ("200", "304") and is_file(types):
        found["Accept-Ranges"] = {"$ref": "#/components/headers/Accept-Ranges"}
    return found


def of_request(method, creates, types):
    """The names of the headers that a request may have."""
    yield "X-Request-ID"
    tagged = TAGGED & types
    if creates:
        yield "Idempotency-Key"
    elif tagged or method == "delete":
        yield "If-Match"
    if method == "get" and tagged:
        yield "If-None-Match"
    if method == "get" and is_file(types):
        yield "Range"
    if "text/event-stream" in types:
        yield "Last-Event-ID"


def parameter(name):
    about = {"schema": {"type": "string"}, **OF_REQUESTS[name]}
    return {"in": "header", "name": name, "required": False, **about}
