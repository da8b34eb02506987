"""Urls that a user gave: checked, compared, and shown without their secrets."""

import re

import httpx

from ec_builds.network.faults import Fault

PORTS = {"http": 80, "https": 443}
#: A name, or an address of either kind.
HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


def checked(text):
    """A url of http or https without credentials, or a BuildError."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise Fault("The url is not one that can be read") from error
    if url.scheme not in PORTS:
        raise Fault(
            "A url must start with http:// or https://", url=shown(url), reason="protocol"
        )
    if not named(url):
        raise Fault("The url names no host", url=shown(url), reason="host")
    if not HOST.fullmatch(url.raw_host) or not 0 < (url.port or PORTS[url.scheme]) < 65536:
        raise Fault("The url names no valid host and port", url=shown(url), reason="host")
    if url.userinfo:
        raise Fault(
            "A url must not contain a user or a password", url=shown(url), reason="credentials"
        )
    return url


def named(url):
    """The host that a url names, which may be none. Raises Fault for what only looks like an
    international name."""
    try:
        return url.host
    except UnicodeError as error:
        raise Fault("The url names no valid host", url=shown(url), reason="host") from error


def joined(url, reference):
    """Where a redirect or a link of a url leads to, if it may be followed; or a BuildError."""
    try:
        following = checked(httpx.URL(url).join(reference))
    except (httpx.InvalidURL, ValueError) as error:
        raise Fault(
            f"{shown(url)} leads to an address that cannot be read", url=shown(url)
        ) from error
    if httpx.URL(url).scheme == "https" and following.scheme == "http":
        raise Fault(
            f"{shown(url)} leads from https to http", url=shown(url), reason="redirect"
        )
    return following


def shown(url):
    """How events and errors spell a url: a user, a password and a query may be secret."""
    url = httpx.URL(url)
    bare = str(url.copy_with(userinfo=b"", query=None, fragment=None))
    return f"{bare}?…" if url.query else bare


def origin(url):
    """Who is asked: protocol, host and port."""
    url = httpx.URL(url)
    return url.scheme, url.raw_host.decode("ascii").lower(), url.port or PORTS.get(url.scheme)
