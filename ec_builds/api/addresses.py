"""Signed addresses over HTTP: a POST makes one at which something can be read without a token.

They are answers to whoever asks for them, and no part of any document: a document that did not
change is the same bytes when it is fetched again.
"""

from urllib.parse import parse_qsl, unquote

from flask.views import MethodView

from ec_builds.api.addressing import addressed
from ec_builds.api.representations import address as look
from ec_builds.web.body import read_optional_body
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, hal

TEMPLATE = "address-template"


def signing(blp, path, things, verb, query, readable, summary):
    """Add the address below `path` where others are made for what can be read of a thing there.

    `things` is the view of these things; the policy knows the verb. `query` is the schema of the
    query string. `readable` is called with a thing and the parameters, and returns where it can be
    read by whoever has a token.
    """

    @blp.arguments(query, location="query")
    @blp.body(TEMPLATE, required=False)
    @blp.response(200, "address", content_type=HAL)
    def post(self, parameters):
        thing = addressed(getattr(runtime, f"{things.kind}s"), parameters)
        runtime.policy.require(caller(), verb, things.kind, thing)
        wishes = read_optional_body(TEMPLATE)
        url, expires = signed(readable(thing, parameters), **wishes)
        document = look.one(things.kind, verb, thing.id, url, expires, urls())
        return hal(document, **{"Cache-Control": "no-store"})

    post.__doc__ = summary
    about = {"kind": things.kind, "listing": things.listing, "verb": verb}
    name = verb.title().replace("/", "")
    view = type(f"{name}{things.__name__}", (MethodView,), {**about, "post": post})
    blp.route(f"{path}/{verb}")(view)


def signed(url, seconds=None, **_):
    """An address of ours as the caller signs it, and the moment at which it ends."""
    path, _, query = url.removeprefix(urls().root).partition("?")
    lasting = {} if seconds is None else {"seconds": seconds}
    wanted = (f"/{unquote(path)}", parse_qsl(query))
    signature, expires = runtime.addresses.sign(caller(), *wanted, **lasting)
    return urls().signed(url, signature), expires
