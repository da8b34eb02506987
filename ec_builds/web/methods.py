"""Which methods an address has: what `Allow` says."""

from flask import current_app, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from ec_builds.auth.policy import Verb
from ec_builds.web.current import caller, runtime

#: What a verb is called in HTTP. Every other verb is a POST to an address of its own.
METHODS = {
    Verb.READ: ("GET", "HEAD"),
    Verb.CREATE: ("POST",),
    Verb.EDIT: ("PUT",),
    Verb.DELETE: ("DELETE",),
}


def written(verbs):
    """Verbs as the value of `Allow`."""
    names = [name for verb in Verb if verb in verbs for name in METHODS.get(verb, ())]
    return ", ".join([*names, "OPTIONS"])


def allow(thing=None):
    """The value of `Allow` for the address of the request, and for the thing there if known."""
    view = getattr(addressed_view(), "view_class", None)
    kind = getattr(view, "kind", None)
    if kind is None:
        return ", ".join(sorted({*plain_methods(), "OPTIONS"}))
    if hasattr(view, "verb"):
        possible = view.verb in runtime.policy.on(caller(), kind, thing)
        return "POST, OPTIONS" if possible else "OPTIONS"
    if view.listing is not None and view.listing.id not in request.args:
        return written(runtime.policy.on_collection(caller(), kind))
    return written(runtime.policy.on(caller(), kind, thing))


def addressed_view():
    """The view at the path of the request, whatever its method is; None if there is none."""
    adapter = request_ctx.url_adapter
    try:
        endpoint, _ = adapter.match(method=next(iter(adapter.allowed_methods()), None))
    except HTTPException:
        return None
    return current_app.view_functions[endpoint]


def plain_methods():
    try:
        return request_ctx.url_adapter.allowed_methods()
    except HTTPException:
        return ()
