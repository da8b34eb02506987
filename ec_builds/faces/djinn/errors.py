"""How this face says no (reference, sections 1.5 and 1.6): 400 by field, and else a message.

Whoever may not see, or do, something is told that it is not there.
"""

from ec_builds import errors
from ec_builds.faces.djinn.answers import JSON, answer, serialized
from ec_builds.manifest.errors import ManifestError
from ec_builds.web.methods import allow

#: Status: the message of whatever is no bad field.
MESSAGES = {
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Something went wrong",
}
#: What is told as if there were nothing.
HIDDEN = (401, 403, 404)


class Refused(Exception):
    """A request has fields that are wrong: for each the sentences about it."""

    def __init__(self, **fields):
        super().__init__(str(fields))
        self.fields = fields


def no_namespace():
    """The error for a namespace that one has no part in, where no manifest names it."""
    return Refused(namespace=["Namespace permission denied"])


def failed(error):
    """The answer to whatever was raised while a request to this face was answered."""
    status, value = told(error)
    headers = {"Allow": allow()} if status == 405 else getattr(error, "headers", None)
    return answer(value, status, headers)


def refused(error):
    """Status, type and content of the answer to a request that was not read."""
    status, value = told(error)
    return status, JSON, serialized(value)


def told(error):
    """Status and value of the answer to an error."""
    if isinstance(error, ManifestError):
        error = Refused(manifest=error.messages)
    if isinstance(error, Refused):
        return 400, error.fields
    if not isinstance(error, errors.ECError):
        return message(500)
    if error.status in HIDDEN or isinstance(error, errors.MethodNotPermitted):
        return message(404)
    if error.status == 400:
        return 400, {error.detail or "request": [error.verbose or error.title]}
    return message(error.status, error.verbose or error.title)


def message(status, text=None):
    """The same where it is a message."""
    return status, {"message": MESSAGES.get(status) or text}
