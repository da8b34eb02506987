"""Names of hosts: which of them are names, which lead here, and which are this machine itself."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

#: A name, whose parts are short. An address of IPv4 looks like one.
NAME = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?"
#: A host as its header has it.
HOST = re.compile(
    rf"(?:({NAME})|\[([0-9a-f.]*:[0-9a-f:.]+)\])(?::([1-9][0-9]{{0,4}}))?", re.IGNORECASE | re.ASCII
)


def name(host):
    """The name or address in a host, in small letters and without port; None if it is none."""
    found = HOST.fullmatch(host) if len(host) < 300 else None
    if found is None or int(found[3] or 1) > 65535 or (found[2] and not address(found[2])):
        return None
    return (found[1] or found[2]).lower()


def answers_to(host, names):
    """Whether a host is one of the names of a server; one with a dot before it is a domain."""
    found = (name(host) or "").rstrip(".")
    return any(
        found == each.strip("[].") or (each.startswith(".") and found.endswith(each))
        for each in names
    )


def of_url(url):
    """The host of an address; that of a fenced page is `null` and has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_loopback(host):
    """Whether a name or an address is this machine's own, however names may be resolved."""
    if host == "localhost":
        return True
    known = address(host)
    return bool(known) and (getattr(known, "ipv4_mapped", None) or known).is_loopback


def address(text):
    try:
        return ip_address(text)
    except ValueError:
        return None
