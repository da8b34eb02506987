"""Where archives are uploaded, by whoever knows the address (reference, sections 5.2 and 5.3)."""

import hmac
import re
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, ElementTree
from flask import Blueprint, Response, request

from ec_builds.errors import InvalidParameter, NoMatch
from ec_builds.faces.hathora.answers import nothing
from ec_builds.web import body
from ec_builds.web.current import runtime
from ec_builds.web.forms import form

blp = Blueprint("hathora-uploads", __name__, url_prefix="/uploads/<secret>")

#: What a completed upload is answered with.
COMPLETED = b'<?xml version="1.0" encoding="UTF-8"?>\n<CompleteMultipartUploadResult/>\n'


@blp.before_request
def require_slot():
    """Whoever knows no good secret is told so; what such a one sends was not read."""
    if not runtime.slots.knows(request.view_args["secret"]):
        raise NoMatch("upload")


@blp.put("/parts/<text>")
def put(secret, text):
    """Keep a part of an archive, in place of the one that was there"""
    part_id = part_number(text)
    if part_id is None:
        raise NoMatch("upload")
    file, size = body.uploaded()
    md5 = runtime.slots.put_part(secret, part_id, file, size)
    return Response(status=200, headers={"ETag": f'"{md5}"'}, content_type="text/plain")


@blp.post("/complete")
def complete(secret):
    """All parts of an archive are there"""
    runtime.slots.complete(secret, listed(body.read()))
    return Response(COMPLETED, content_type="application/xml")


@blp.post("/form")
def send(secret):
    """Keep a whole archive, in place of the one that was there"""
    given = form()
    ticket = given.fields.get("token", "")
    if not hmac.compare_digest(ticket.encode(), runtime.slots.ticket(secret).encode()):
        raise NoMatch("upload")
    if given.file is None:
        raise InvalidParameter("file", "The archive should be a part named file, the last one")
    runtime.slots.put_form(secret, given.file)
    return nothing()


def listed(text):
    """The parts that a body names: the number of each, and its ETag without quotes."""
    try:
        root = ElementTree.fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InvalidParameter("body", f"The body is not such a list of parts: {error}") from error
    return [part(each) for each in root.iter() if local(each) == "Part"]


def part(element):
    found = {local(each): (each.text or "").strip() for each in element}
    number = part_number(found.get("PartNumber", ""))
    if number is None:
        raise InvalidParameter("PartNumber", "Parts are numbered from 1 on")
    return number, found.get("ETag", "").strip('"')


def part_number(text):
    """Which part is meant, or None."""
    return int(text) if re.fullmatch("0*[1-9][0-9]{0,5}", text, re.ASCII) else None


def local(element):
    """The name of an element in whatever namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
