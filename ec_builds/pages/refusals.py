"""With which errors an operation of the API may answer, by what it takes; for its description."""

from apispec import BasePlugin

from ec_builds import errors

#: What every operation may answer, and what it may answer that has a body or parameters.
ALWAYS = (
    errors.MissingToken, errors.InvalidToken, errors.ExpiredToken, errors.MethodNotAllowed,
    errors.ChangedMeanwhile, errors.Unavailable, errors.InsufficientRights,
    errors.MethodNotPermitted,
)
OF_PARAMETERS = (
    errors.MissingParameter, errors.InvalidParameter, errors.NotFilterable, errors.Unmatched,
)
OF_LISTS = (errors.NotSortable, errors.NotRangeable)
OF_BODIES = (
    errors.MissingProperty, errors.InvalidProperty, errors.InvalidValue, errors.Unmatched,
    errors.BodyTooLarge, errors.NoMatchInBody,
)


class Refusals(BasePlugin):
    """Adds an answer for each status to every operation of an OpenAPI document."""

    def operation_helper(self, path=None, operations=None, **_):
        for method, operation in (operations or {}).items():
            found = {}
            for error in refusals(path, method, operation):
                found.setdefault(error.status, []).append(f"{error.code} {error.title}")
            for status, told in sorted(found.items()):
                operation["responses"][str(status)] = answer("; ".join(told))


def answer(description):
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/error"}}}
    return {"description": description, "content": content}


def refusals(path, method, operation):
    """The errors, by their codes."""
    found, names = {*ALWAYS}, set()
    for each in operation.get("parameters", ()):
        names.add(each["name"])
        found |= {*OF_PARAMETERS}
    if "sort" in names:
        found |= {*OF_LISTS}
    if "{" in path or any(name.endswith("ID") for name in names):
        found |= {errors.NotFound, errors.NoMatch}
    body = operation.get("requestBody")
    if body:
        found |= {*OF_BODIES} | ({errors.MissingBody} if body["required"] else set())
        if "platform-template" in str(body):
            found |= {errors.MissingLink, errors.InvalidLink}
    if "201" in map(str, operation["responses"]):  # Idempotency-Key
        found |= {errors.KeyReused, errors.Unmatched}
    if method == "delete":
        found.add(errors.StillUsed)
    if "application/hal+json" not in str(operation["responses"]) and method == "get":
        found.add(errors.RangeNotSatisfiable)
    return sorted(found, key=lambda error: error.code)
