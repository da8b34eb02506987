"""Webhooks of namespaces: who is told of events (reference, section 5.9)."""

from flask import Blueprint

from ec_builds.faces.djinn import addresses, paging
from ec_builds.faces.djinn.answers import answer, nothing
from ec_builds.faces.djinn.asking import somebody
from ec_builds.faces.djinn.bodies import fields
from ec_builds.faces.djinn.representations import webhook as look
from ec_builds.services.webhooks import Wish
from ec_builds.web.current import runtime

blp = Blueprint("djinn-webhooks", __name__, url_prefix="/n/<user>/<path:path>/-/webhooks")


@blp.get("")
def index(user, path):
    """The webhooks of a namespace"""
    rows, headers = paging.cut(runtime.webhooks.of(somebody(), user, path))
    return answer([look.webhook(row) for row in rows], headers=headers)


@blp.post("")
def create(user, path):
    """A new webhook"""
    row = runtime.webhooks.add(somebody(), user, path, wish(), addresses.at(""))
    return answer(look.webhook(row), 201)


@blp.get("/<int:number>")
def show(user, path, number):
    """One webhook, and how its last delivery was answered"""
    return answer(look.webhook(runtime.webhooks.find(somebody(), user, path, number)))


@blp.patch("/<int:number>")
def edit(user, path, number):
    """Change what is given of a webhook"""
    return answer(look.webhook(runtime.webhooks.edit(somebody(), user, path, number, wish())))


@blp.delete("/<int:number>")
def remove(user, path, number):
    """Delete a webhook, with what it was still to be told"""
    runtime.webhooks.remove(somebody(), user, path, number)
    return nothing()


def wish():
    """What the body wants a webhook to be. What is empty counts as not given, as clients write
    every key; so there is a field by which a secret is removed."""
    given = fields(
        "payload_url", payload_url=str, secret=str, remove_secret=bool, ssl=bool, active=bool,
        events=list,
    )
    return Wish(
        url=given["payload_url"] or None,
        secret="" if given["remove_secret"] else given["secret"] or None,
        verified=given["ssl"],
        active=given["active"],
        events=given["events"] or None,
    )
