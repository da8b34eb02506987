"""With which errors an operation of the API may answer, by what it takes; for its description."""

from apispec import BasePlugin

from ec_builds import errors

#: Statuses of what every operation may answer, whichever error it is.
ANYWHERE = (405, 408, 412, 429, 503)
#: Statuses of what the server cannot read as HTTP: Unmatched, before there is an operation.
UNREADABLE = (414, 417, 431)
#: Statuses of what every operation that asks for a token may answer.
GUARDED = (401,)
#: Media types of what is to be saved.
FILES = ("application/zip", "application/octet-stream")
OF_PARAMETERS = (errors.MissingParameter, errors.InvalidParameter, errors.NotFilterable)
OF_LISTS = (errors.NotSortable, errors.NotRangeable)
OF_BODIES = (
    errors.MissingProperty, errors.InvalidProperty, errors.InvalidValue, errors.BodyTooLarge,
    errors.NoMatchInBody, errors.PropertyRestricted,
)
OF_LINKS = (errors.MissingLink, errors.InvalidLink)


class Refusals(BasePlugin):
    """Adds an answer for each status to every operation of an OpenAPI document."""

    def operation_helper(self, path=None, operations=None, **_):
        for method, operation in (operations or {}).items():
            # What the framework says of errors says less; and there are no others by default.
            known = operation["responses"].items()
            operation["responses"] = {
                str(status): told for status, told in known if str(status) < "400"
            }
            found = {}
            for error in refusals(path, method, operation):
                found.setdefault(error.status, []).append(f"{error.code} {error.title}")
            unread = f"{errors.Unmatched.code} {errors.Unmatched.title}"
            found |= {status: [unread] for status in UNREADABLE}
            for status, told in sorted(found.items()):
                operation["responses"][str(status)] = answer("; ".join(told))


def answer(description):
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/error"}}}
    return {"description": description, "content": content}


def codes(error=errors.ECError):
    """Every class of error with a code of its own, by code."""
    found = {}
    for each in error.__subclasses__():
        found |= {each.code: each, **codes(each)}
    return dict(sorted(found.items()))


def of_status(statuses):
    return {error for error in codes().values() if error.status in statuses}


def refusals(path, method, operation):
    """The errors, by their codes."""
    found = {errors.Unmatched, *of_status(ANYWHERE)}
    if operation.get("security") != []:
        found |= of_status(GUARDED)
    found |= of_query(path, operation) | of_body(operation)
    if "201" in operation["responses"]:  # Idempotency-Key
        found.add(errors.KeyReused)
    if method == "delete":
        found |= {errors.StillUsed, errors.PolicyUnmet}
    if method == "get" and is_file(content_types(operation)):
        found.add(errors.RangeNotSatisfiable)
    return sorted(found, key=lambda error: error.code)


def of_query(path, operation):
    names = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    found = {*OF_PARAMETERS} if names else set()
    if "sort" in names:
        found |= {*OF_LISTS}
    if "{" in path or any(name.endswith("ID") for name in names):
        found |= {errors.NotFound, errors.NoMatch}
    return found


def of_body(operation):
    body = operation.get("requestBody")
    if not body:
        return set()
    found = {*OF_BODIES}
    if body["required"]:
        found.add(errors.MissingBody)
    if "platform-template" in str(body):
        found |= {*OF_LINKS}
    return found


def content_types(operation):
    """The media types of what an operation answers if all goes well."""
    answers = operation["responses"].items()
    return {
        name for status, told in answers if status < "300" for name in told.get("content", ())
    }


def is_file(types):
    """Whether what has these media types is a file, of which parts can be had."""
    return not types.isdisjoint((*FILES, "text/plain"))
