"""How this face says no (reference, sections 1.5 and 1.6): 400 by field, and else a message.

Whoever may not see, or do, something is told that it is not there.
"""

from ec_builds import errors
from ec_builds.faces.djinn.answers import answer
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
    if isinstance(error, ManifestError):
        error = Refused(manifest=error.messages)
    if isinstance(error, Refused):
        return answer(error.fields, 400)
    if not isinstance(error, errors.ECError):
        return message(500)
    if error.status in HIDDEN or isinstance(error, errors.MethodNotPermitted):
        return message(404)
    if error.status == 400:
        return answer({error.detail or "request": [error.verbose or error.title]}, 400)
    if error.status == 405:
        return message(405, headers={"Allow": allow()})
    told = MESSAGES.get(error.status) or error.verbose or error.title
    return message(error.status, told, error.headers)


def message(status, text=None, headers=None):
    """An answer that is a message."""
    return answer({"message": text or MESSAGES[status]}, status, headers)
