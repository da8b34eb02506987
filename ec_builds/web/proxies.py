"""Where a request really comes from: what proxies say of it, if they are trusted.

Each proxy adds to a list where a request came to it from, so the list is read from its right end,
as long as those who wrote it are trusted. What stands further to the left, anybody may have
written. Only the kind of header counts that the proxies are known to send: another one they may
have passed on as it came.
"""

import ssl
from dataclasses import dataclass, replace
from ipaddress import ip_address

from werkzeug.http import parse_dict_header

#: Proxies that a request may have come through; who names more is not believed.
MOST = 32


@dataclass(frozen=True)
class Origin:
    """Where a request comes from, and which address it was sent to.

    `address` is empty for a Unix socket. `is_passed_on` is true for what a trusted proxy sends.
    """

    address: str
    scheme: str
    host: str | None
    is_passed_on: bool = False


@dataclass(frozen=True)
class Hop:
    """What one proxy says: who came to it, and how."""

    address: str | None
    scheme: str | None
    host: str | None


def origin(environ, trusted):
    """The Origin of a request. `trusted` are networks, and the words of the setting."""
    peer = readable(environ.get("REMOTE_ADDR", "")) or environ.get("REMOTE_ADDR", "")
    found = Origin(peer, scheme(environ), host(environ))
    if not is_trusted(peer, trusted):
        return found
    last = None
    for hop in told(environ, "forwarded" in trusted):
        last = hop
        if hop.address is None or not is_trusted(hop.address, trusted):
            break
    if last is None:
        return replace(found, is_passed_on=True)
    seen = last.host if last.host and found.host != "" else found.host
    return Origin(last.address or peer, last.scheme or found.scheme, seen, True)


def scheme(environ):
    """How the request came to this server; what gunicorn concludes from headers does not count."""
    connection = environ.get("gunicorn.socket")
    if connection is None:
        return environ["wsgi.url_scheme"]
    return "https" if isinstance(connection, ssl.SSLSocket) else "http"


def host(environ):
    """What the header Host says; nothing if the target is a whole address, and of another host."""
    said = environ.get("HTTP_HOST")
    _, is_whole, rest = environ.get("RAW_URI", "").partition("?")[0].partition("://")
    if said is None or not is_whole or rest.startswith("/"):
        return said
    return said if rest.partition("/")[0].lower() == said.lower() else ""


def is_trusted(address, trusted):
    if not address:
        return "unix" in trusted
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return any(known in each for each in trusted if not isinstance(each, str))


def told(environ, is_standard):
    """The hops that headers tell of, the nearest first."""
    return forwarded(environ) if is_standard else x_forwarded(environ)


def x_forwarded(environ):
    """Of X-Forwarded-For, -Proto and -Host. The shorter ones were written by fewer proxies."""
    addresses, schemes, hosts = (
        entries(environ.get(f"HTTP_X_FORWARDED_{name}", "")) for name in ("FOR", "PROTO", "HOST")
    )
    for number in range(max(map(len, (addresses, schemes, hosts)))):
        address = addresses[number] if number < len(addresses) else None
        yield Hop(readable(address), known_scheme(at(schemes, number)), at(hosts, number))


def forwarded(environ):
    """Of RFC 7239's header."""
    for entry in entries(environ.get("HTTP_FORWARDED", "")):
        pairs = parse_dict_header(entry.replace(";", ","))
        said = {name.lower(): value for name, value in pairs.items() if value}
        yield Hop(readable(said.get("for")), known_scheme(said.get("proto")), said.get("host"))


def entries(text):
    """The parts of a list that count, the last first."""
    return [each.strip() for each in reversed(text.rsplit(",", MOST)[-MOST:]) if each.strip()]


def at(values, number):
    """The value of a hop, or of the last that there is one of."""
    return values[min(number, len(values) - 1)] if values else None


def known_scheme(text):
    text = (text or "").lower()
    return text if text in ("http", "https") else None


def readable(text):
    """An address in its usual form, without its port; None for what is none."""
    text = (text or "").strip('" ')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if getattr(address, "scope_id", None):
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)
