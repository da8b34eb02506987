"""The first that a request meets: where it comes from is found out, and its token put away.

Whatever comes after it (links, logs, problem documents, also those of the server around us) sees
addresses without tokens and signatures.
"""

import re
from urllib.parse import unquote_plus

from ec_builds.logs import SIGNATURE, TOKEN, hushed
from ec_builds.web.proxies import origin

#: Where they are in the environment of a request.
ORIGIN, TOKENS = "ec_builds.origin", "ec_builds.tokens"
SIGNATURES = "ec_builds.signatures"
#: A parameter `_token` or `_signed` in a query, however it is written, with what stands before it.
PARAMETER = re.compile(
    rf"(^|[&;?])(?:({TOKEN})|{SIGNATURE})(?:=([^&;]*))?(?=[&;]|$)", re.IGNORECASE
)


class Entrance:
    """A WSGI application before another one. `trusted` tells which proxies are."""

    def __init__(self, application, trusted):
        self.application, self.trusted = application, trusted

    def __call__(self, environ, start_response):
        where = environ[ORIGIN] = origin(environ, self.trusted())
        environ["REMOTE_ADDR"], environ["wsgi.url_scheme"] = where.address, where.scheme
        if where.host is not None:
            environ["HTTP_HOST"] = where.host
        query = environ.get("QUERY_STRING", "")
        found = [(each[2], unquote_plus(each[3] or "")) for each in PARAMETER.finditer(query)]
        environ[TOKENS] = [text for is_token, text in found if is_token]
        environ[SIGNATURES] = [text for is_token, text in found if not is_token]
        environ["QUERY_STRING"] = without(query)
        for name in ("RAW_URI", "REQUEST_URI", "HTTP_REFERER"):
            if name in environ:
                environ[name] = hushed(without(environ[name]))
        return self.application(environ, start_response)


def without(text):
    """A query, or an address with one, without its tokens and signatures."""
    kept, count = PARAMETER.subn(lambda found: "?" if found[1] == "?" else "", text)
    return kept.lstrip("&;").replace("?&", "?").removesuffix("?") if count else text
