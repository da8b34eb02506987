"""What a request brings along: JSON, or the fields of a form (reference, section 1.2)."""

import json

from flask import request

from ec_builds.faces.djinn.errors import Refused

DECODER = json.JSONDecoder()
JSON = "application/json"


def fields(subject, **kinds):
    """The fields of a request by their names in small letters; those that are asked for.

    kinds: which type each should have; a field that is missing, or null, is None.
    subject: the field that is blamed for a body that cannot be read. Raises Refused.
    """
    found = read(subject)
    if not isinstance(found, dict):
        raise Refused(**{subject: ["The body should be a JSON object"]})
    found = {str(name).lower(): value for name, value in found.items()}
    wanted = {name: found.get(name) for name in kinds}
    for name, kind in kinds.items():
        if wanted[name] is not None and not fits(wanted[name], kind):
            raise Refused(**{name: [f"{name} should be {NAMES[kind]}"]})
    return wanted


def names(subject):
    """A list of texts, which is the whole body. Raises Refused."""
    found = read(subject)
    if not fits(found, list):
        raise Refused(**{subject: ["The body should be a JSON array of strings"]})
    return found


NAMES = {str: "a string", list: "an array of strings", bool: "true or false"}


def fits(value, kind):
    """Whether a value is of a kind; a list is one of texts."""
    if kind is list:
        return isinstance(value, list) and all(is_text(each) for each in value)
    return is_text(value) if kind is str else isinstance(value, kind)


def is_text(value):
    """Whether a value is a text that can be stored."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def read(subject):
    """The body as JSON, whatever its type is called; or else as a form."""
    is_json = (request.content_type or "").lower().startswith(JSON)
    body = request.get_data()
    try:
        text = body.decode("utf-8-sig").lstrip()
        return DECODER.raw_decode(text)[0] if text else {}
    except (ValueError, RecursionError) as error:
        if is_json:
            raise Refused(**{subject: [f"The body is not JSON: {reason(error)}"]}) from error
    form = request.form.to_dict()
    if "tags" in form:
        form["tags"] = [tag.strip() for tag in form["tags"].split(",")]
    return form


def reason(error):
    """Why something is no JSON, in short."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return "it is not UTF-8" if isinstance(error, UnicodeError) else "a number is too long"
