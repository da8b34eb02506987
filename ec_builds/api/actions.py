"""What can be done with a thing besides: a POST without a body, at an address of its own."""

from flask.views import MethodView

from ec_builds.api.addressing import addressed
from ec_builds.api.arguments import item_query
from ec_builds.web.current import caller, runtime
from ec_builds.web.responses import HAL, hal, unchanged


def action(blp, path, things, verb, represent, summary, shown=None):
    """Add the address below `path` where a verb is done with one of the things there.

    `things` is the view of these things. The policy knows the verb, and the service of the things
    has a method of its name: it is called with the caller, the thing and the guard that checks
    `If-Match`, and returns the thing as it is then. Where the policy does not allow the verb now,
    the answer is 405. A link to it is shown by `representations/actions.py`. The thing that is
    answered is represented by `shown`, if it looks different then.
    """

    @blp.arguments(item_query(things.listing), location="query")
    @blp.response(200, things.kind, content_type=HAL)
    def post(self, parameters):
        service = getattr(runtime, f"{things.kind}s")
        thing = addressed(service, parameters)
        done = getattr(service, verb)(caller(), thing, unchanged(represent))
        return hal((shown or represent)(done))

    post.__doc__ = summary
    about = {"kind": things.kind, "listing": things.listing, "verb": verb}
    view = type(f"{verb.title()}{things.__name__}", (MethodView,), {**about, "post": post})
    blp.route(f"{path}/{verb}")(view)
