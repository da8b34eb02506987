"""Bodies of requests: JSON, whatever its type is called; what nobody asked for is ignored."""

import json
import math
import re

import orjson

from ec_builds.errors import InvalidParameter, InvalidProperty, MissingProperty
from ec_builds.web import body

#: Characters of the tag of a build.
LONGEST_TAG = 1000
#: What a build can be called by whoever creates it, and what is taken.
NAME = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
RESERVED = (".", "..", "registry")


def fields():
    """The properties of the body; none, if there is no body. Raises InvalidProperty."""
    raw = body.read()
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidProperty("body", f"The body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidProperty("body", "The body should be a JSON object")
    return found


def text(given, name, longest, least=0):
    """A text among properties, or None. Raises InvalidProperty."""
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not least <= len(value) <= longest or not is_storable(value):
        told = f"{name} should be a string of {least} to {longest} characters"
        raise InvalidProperty(name, told)
    return value


def required(given, name, longest):
    """The same for one that has to be there. Raises MissingProperty."""
    value = text(given, name, longest, least=1)
    if value is None:
        raise MissingProperty(name, f"{name} is missing")
    return value


def is_storable(value):
    """Whether a database takes a text."""
    try:
        return "\0" not in value and bool(value.encode() or True)
    except UnicodeEncodeError:
        return False


def tag(given):
    """The tag of a new build; None if it has none."""
    return text(given, "buildTag", LONGEST_TAG)


def build_name(given):
    """What a new build is to be called; None if that is up to us."""
    value = text(given, "buildId", 128)
    if value is not None and (value in RESERVED or not NAME.fullmatch(value)):
        told = "buildId should be 1 to 128 of A-Z a-z 0-9 . _ - and neither a path nor registry"
        raise InvalidProperty("buildId", told)
    return value


def size(given):
    """How many bytes an archive is to have (reference, section 4.3.2)."""
    value = given.get("buildSizeInBytes")
    if value is None:
        raise MissingProperty("buildSizeInBytes", "buildSizeInBytes is missing")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidProperty("buildSizeInBytes", "buildSizeInBytes should be a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidParameter("buildSizeInBytes", "buildSizeInBytes should be finite")
    return math.ceil(value)


def settings(given, name):
    """An object among properties, or None. Raises InvalidProperty."""
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, dict) or not is_storable(json.dumps(value, ensure_ascii=False)):
        raise InvalidProperty(name, f"{name} should be an object")
    body.inspect(value)
    try:
        orjson.dumps(value)
    except TypeError as error:  # a number that no database of ours takes
        raise InvalidProperty(name, f"{name} cannot be kept: {error}") from error
    return value
