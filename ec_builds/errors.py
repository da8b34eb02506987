"""Everything that can go wrong, divided by who can mend it.

    ECError        the client: becomes a problem document, with a code of its own
    BuildError     the author of a build: becomes an event of that build
    UsageError     whoever runs the server: a sentence on standard error, exit code 2

Anything else is ours to mend, and goes to the log.
"""


class ECError(Exception):
    """A request that cannot be answered as its sender hoped.

    `detail` names the subject (a property, a parameter, a relation, a method);
    `verbose` says in a sentence what is wrong with it; `others` are further
    errors of the same request. `headers` are sent with the problem document.
    """

    code = 3000
    status = 500
    title = "Internal Error"
    #: What is said where nothing more is known.
    advice = None

    def __init__(self, detail=None, verbose=None, others=(), headers=None):
        verbose = self.advice if verbose is None else verbose
        super().__init__(verbose or detail or self.title)
        self.detail, self.verbose = detail, verbose
        self.others, self.headers = tuple(others), dict(headers or {})


class InternalError(ECError):
    """The server failed. Nothing is disclosed; the log knows more under the request's id."""


class Unavailable(ECError):
    """The server cannot answer at the moment, for instance because its database does not."""

    code, status, title = 3003, 503, "Service currently unavailable"


class NotFound(ECError):
    """There is nothing at this path."""

    code, status, title = 3100, 404, "Resource not found"
    advice = "There is nothing at this address, or nothing that you may see."


class NoMatchInBody(ECError):
    """An id in the body belongs to nothing that the caller may see."""

    code, status = 3101, 404
    title = "No resource entity matching body property filter found"
    advice = "There is none with this id, or none that you may see."


class NoMatch(ECError):
    """An id in the query string belongs to nothing that the caller may see."""

    code, status = 3102, 404
    title = "No resource entity matching query string filter found"
    advice = "There is none with this id, or none that you may see."


class MethodNotAllowed(ECError):
    """The resource does not know this method now; `Allow` lists the ones that it does."""

    code, status, title = 3110, 405, "Method not allowed"

    def __init__(self, detail=None, thing=None, **more):
        super().__init__(detail, **more)
        #: What cannot do it as it is now, if that was looked at.
        self.thing = thing


class ChangedMeanwhile(ECError):
    """The resource no longer is what `If-Match` says it was; read it again first."""

    code, status, title = 3112, 412, "Somebody else changed the resource"
    advice = "Read it again, and send your change with the ETag of what you have read."


class BodyTooLarge(ECError):
    """The body is larger than this server reads."""

    code, status, title = 3113, 413, "Body too large"


class RangeNotSatisfiable(ECError):
    """The requested range lies outside the file."""

    code, status, title = 3114, 416, "Range not satisfiable"


class KeyReused(ECError):
    """The Idempotency-Key belongs to another request; a new request needs a new key."""

    code, status, title = 3115, 422, "Idempotency-Key was used for another request"


class TooMany(ECError):
    """There were too many of such requests; `Retry-After` says in how many seconds to try again.

    Failed logins are counted by address and by token, and do not keep out who has a valid token;
    requests that start builds and deployments are counted by account.
    """

    code, status, title = 3117, 429, "Too many requests"


class TookTooLong(ECError):
    """The request did not come to its end in time, or while there was room for it."""

    code, status, title = 3116, 408, "Request took too long"


class MissingBody(ECError):
    """The request needs a JSON body and has none."""

    code, status, title = 3200, 400, "Missing body"


class MissingProperty(ECError):
    """The body lacks a property that is required."""

    code, status, title = 3201, 400, "Missing property in JSON body"


class MissingParameter(ECError):
    """The query string lacks a parameter that is required."""

    code, status, title = 3202, 400, "Missing property in query string"


class MissingLink(ECError):
    """The body lacks a link that is required."""

    code, status, title = 3204, 400, "Missing HAL link or embed in JSON body"


class InvalidProperty(ECError):
    """A property of the body has the wrong format, or the body is not JSON."""

    code, status, title = 3211, 400, "Invalid format for property in JSON body"


class InvalidParameter(ECError):
    """A parameter of the query string has the wrong format, or two different values."""

    code, status, title = 3212, 400, "Invalid format for property in query string"


class InvalidLink(ECError):
    """A link in the body does not lead to what it should lead to."""

    code, status = 3214, 400
    title = "Invalid linked or embedded HAL resource in JSON body, or link not found"


class NotSortable(ECError):
    """The list cannot be sorted by this property."""

    code, status, title = 3215, 400, "Resource cannot be sorted after given property"


class NotFilterable(ECError):
    """The list cannot be filtered by this property, or not in this way."""

    code, status, title = 3216, 400, "Resource cannot be filtered with given property"


class NotRangeable(ECError):
    """This property has no order, so it cannot be filtered by a range."""

    code, status, title = 3217, 400, "Resource cannot be range-filtered with given property"


class Unmatched(ECError):
    """The request breaks a rule that has no code of its own.

    Here `detail` is the rule, and `verbose` says where it is broken.
    """

    code, status, title = 3252, 400, "Unmatched validation error"


class InvalidValue(ECError):
    """A property of the body has the right format, but not one of the values it may have."""

    code, status, title = 3311, 400, "Invalid value for property in JSON body"


class StillUsed(ECError):
    """Something else still needs the resource, so it cannot be deleted."""

    code, status, title = 3370, 403, "Cannot delete Resource. Is used."


class MissingToken(ECError):
    """The request needs an access token and has none."""

    code, status, title = 3400, 401, "Missing Access Token"


class InvalidToken(ECError):
    """The access token was not issued by this server, or has been revoked."""

    code, status, title = 3401, 401, "Invalid Access Token"
    advice = "It was not issued for this server, or it has been revoked."


class ExpiredToken(ECError):
    """The access token is too old."""

    code, status, title = 3402, 401, "Outdated Access Token"
    advice = "What it was good for is over; another one is needed."


class InsufficientRights(ECError):
    """The token is not good for this; `detail` is the scope that it would take."""

    code, status = 3410, 401
    title = "Insufficient rights to access the requested resource"
    #: What was tried: a verb and a kind of things.
    verb = kind = None


class MethodNotPermitted(ECError):
    """The caller's role is too low for this method; `Allow` lists the methods that it may use."""

    code, status = 3411, 405
    title = "Insufficient rights to access the requested resource with this method"
    #: What was tried: a verb and a kind of things.
    verb = kind = None

    def __init__(self, detail=None, thing=None, app_id=None, **more):
        super().__init__(detail, **more)
        #: What it was about, if that is known: a thing, or all that an app has of its kind.
        self.thing, self.app_id = thing, app_id


class PolicyUnmet(ECError):
    """What the caller may do in general must not be done with this: an app would lose its owner."""

    code, status = 3470, 403
    title = "Target resource does not fulfill permission policy conditions"


class PropertyRestricted(ECError):
    """The caller cannot give this property this value: nobody gives more than he has."""

    code, status = 3471, 403
    title = "Property cannot be written due to permission policy restrictions"


class BuildError(Exception):
    """A run cannot go on, and its author can mend that.

    The message is one sentence for a person; `info` carries the facts
    (command, exitCode, output, url, ...) into the event.
    """

    def __init__(self, message, /, **info):
        super().__init__(message)
        self.info = info


class TimedOut(BuildError):
    """A run cannot go on, because a part of it took longer than it may."""


class UsageError(Exception):
    """The server was started or asked with settings that make no sense; the message says why."""
