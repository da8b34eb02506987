"""How this face says no (reference, section 1.4): with a status that its clients know."""

from ec_builds import errors
from ec_builds.faces.hathora.answers import JSON, answer, serialized
from ec_builds.web.methods import allow

#: Status here of what is wrong with a body, or stands in the way of a wish; else it is the error's.
STATUSES = {
    errors.InvalidProperty: 422,
    errors.MissingProperty: 422,
    errors.InvalidValue: 422,
    errors.StillUsed: 422,
    errors.ChangedMeanwhile: 422,
    errors.BodyTooLarge: 400,
    errors.MethodNotPermitted: 401,
}
#: What no operation here declares.
INSTEAD = {403: 401, 409: 422, 412: 422, 416: 400}
#: What is not here, by what was looked for.
MISSING = {
    "appID": "The application does not exist, or you have no part in it",
    "buildId": "The build does not exist",
    "orgId": "The organisation does not exist, or you have no part in it",
    "upload": "There is no such upload, or it is over",
}


def knows(error):
    """Whether an error is no defect, but has an answer."""
    return False


def failed(error):
    """The answer to whatever was raised while a request to this face was answered."""
    status, value = told(error)
    headers = dict(getattr(error, "headers", None) or {})
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="ec-builds"'
    if status == 405:
        headers["Allow"] = allow()
    return answer(value, status, headers)


def refused(error):
    """Status, type and content of the answer to a request that was not read."""
    status, value = told(error)
    return status, JSON, serialized(value)


def told(error):
    """Status and value of the answer to an error."""
    if not isinstance(error, errors.ECError):
        return 500, {"message": "Something went wrong; the log of the server says what"}
    status = STATUSES.get(type(error)) or INSTEAD.get(error.status, error.status)
    return status, {"message": message(error)}


def message(error):
    """What a person is told."""
    if isinstance(error, errors.NoMatch):
        return MISSING.get(error.detail) or error.verbose or "It does not exist"
    if isinstance(error, errors.NotFound):
        return "There is no such address here"
    return error.verbose or error.title
