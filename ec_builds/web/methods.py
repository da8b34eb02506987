"""Which methods an address has: what `Allow` says."""

from flask import current_app, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from ec_builds.auth.rules import Verb
from ec_builds.errors import ECError
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


def allow(thing=None, app_id=None):
    """The value of `Allow` for the address of the request, and for whoever asks.

    If they are known: `thing` is what is there, and `app_id` the app whose collection it is.
    """
    view = getattr(addressed_view(), "view_class", None)
    kind = getattr(view, "kind", None)
    if kind is None:
        return ", ".join(sorted({*plain_methods(), "OPTIONS"}))
    if hasattr(view, "verb"):
        possible = view.verb in runtime.policy.on(caller(), kind, thing)
        return "POST, OPTIONS" if possible else "OPTIONS"
    if view.listing is not None and view.listing.id not in request.args:
        owner = app_asked_for() if app_id is None else app_id
        owners = (owner, account_asked_for())
        return written(runtime.policy.on_collection(caller(), kind, *owners))
    return written(runtime.policy.on(caller(), kind, thing))


def app_asked_for():
    """The app that owns the collection that a request is about; None for all, "" for nobody's."""
    if caller() is None or caller().is_admin:  # who may do the same in all of them
        return None
    for owner in (runtime.platforms, runtime.apps, runtime.builds):
        if owner.listing.id in request.args:
            return asked_for(owner, owner.app_of) or ""
    return None


def account_asked_for():
    """The account that owns the collection that a request is about; None if it names none."""
    return request.args.get("accountID", "").lower() or None


def thing_asked_for():
    """The thing that a request is about, if whoever asks can see it; else None."""
    view = getattr(addressed_view(), "view_class", None)
    collection = runtime.collections.get(getattr(view, "kind", None))
    if collection is None or caller() is None:
        return None
    return asked_for(collection, collection.find)


def asked_for(collection, find):
    """What is found by the id of a collection that is in the query, or None."""
    own = collection.listing.id
    try:
        return find(caller(), collection.listing.ask({own: request.args.get(own, "")}))
    except ECError:  # that is no id, or nothing that can be seen
        return None


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
