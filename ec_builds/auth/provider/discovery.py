"""Where an issuer publishes its keys, and how long it says that they hold."""

import re
from urllib.parse import urlsplit

import orjson

from ec_builds.auth.provider.keys import Keys
from ec_builds.errors import BuildError

#: Where a provider of OpenID Connect tells about itself, below its address.
WELL_KNOWN = "/.well-known/openid-configuration"
#: Seconds that keys are kept where the provider says nothing, and its wishes' bounds.
USUAL, SHORTEST, LONGEST = 600, 60, 3600


class Discovery:
    """The way to the keys of an issuer: by its address, or by that of the keys."""

    def __init__(self, network, issuer, jwks_url=None):
        self.network, self.issuer, self.jwks_url = network, issuer, jwks_url

    def fetch(self):
        """The keys, and the seconds that they may be kept. Raises BuildError."""
        url = self.jwks_url or self.discovered()
        document, headers = self.read(url)
        try:
            return Keys.from_jwks(document), lifetime(headers.get("cache-control", ""))
        except ValueError as error:
            raise BuildError(f"{url} does not tell keys: {error}") from error

    def discovered(self):
        """The address of the keys, as the issuer tells it."""
        place = self.issuer.rstrip("/") + WELL_KNOWN
        document, _ = self.read(place)
        if not isinstance(document, dict) or document.get("issuer") != self.issuer:
            raise BuildError(
                f"{place} does not call its issuer {self.issuer}, as EC_BUILDS_JWT_ISSUER does"
            )
        url = document.get("jwks_uri")
        if not is_address(url):
            raise BuildError(f"{place} names no address of keys (jwks_uri)")
        if place.startswith("https:") and not url.startswith("https:"):
            raise BuildError(f"{place} names keys (jwks_uri) that are not fetched by https")
        return url

    def read(self, url):
        """The document at an address, and its headers."""
        answer = self.network.get(url, {"Accept": "application/json"})
        try:
            return orjson.loads(answer.body), answer.headers
        except orjson.JSONDecodeError as error:
            raise BuildError(f"{url} is no JSON") from error


def lifetime(wishes):
    """Seconds from a Cache-Control header."""
    if re.search(r"\bno-(store|cache)\b", wishes, re.I):
        return SHORTEST
    told = re.search(r"\bmax-age=\"?([0-9]{1,9})", wishes, re.I)
    return min(max(int(told[1]), SHORTEST), LONGEST) if told else USUAL


def is_address(text):
    """Whether something is an address of http or https, with nothing behind its path."""
    try:
        parts = urlsplit(text) if isinstance(text, str) else None
    except ValueError:
        return False
    return bool(
        parts and parts.scheme in ("http", "https") and parts.hostname and not parts.fragment
    )
