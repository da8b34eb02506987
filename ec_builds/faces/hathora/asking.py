"""What addresses name: applications, organisations, builds by their numbers."""

import re

from flask import request

from ec_builds.errors import InvalidValue, NoMatch
from ec_builds.web.current import caller, runtime

#: The largest number of a build, and an id of ours, be it prefixed or not.
LARGEST = 2**31 - 1
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def application(text):
    """The id of the application that an address names. Raises NoMatch."""
    return runtime.applications.find(caller(), plain(text, "app", "appID")).id


def organisation():
    """The organisation that a request is about: the caller's, if it names none. Raises NoMatch."""
    text = request.args.get("orgId")
    wanted = plain(text, "org", "orgId") if text else None
    return runtime.organisations.find(caller(), wanted)


def plain(text, prefix, what):
    """An id of ours by what it is called here."""
    found = re.fullmatch(rf"(?:{prefix}-)?({UUID})", text)
    if found is None:
        raise NoMatch(what)
    return found[1]


def number(text):
    """The number of a build. Raises InvalidValue."""
    value = int(text) if re.fullmatch("[0-9]{1,10}", text, re.ASCII) else 0
    if not 0 < value <= LARGEST:
        raise InvalidValue("buildId", f"A build has a number from 1 to {LARGEST}")
    return value
