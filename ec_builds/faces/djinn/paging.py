"""Pages of 25, and the addresses of their neighbours in `Link` (reference, section 1.8)."""

import re
from urllib.parse import urlencode

from flask import request

from ec_builds.faces.djinn import addresses

SIZE = 25
#: Pages that a database is asked for.
MOST = 1_000_000


def asked():
    """The number of the page that is asked for; whatever is no number is the first."""
    text = request.args.get("page", "")
    if not re.fullmatch("[0-9]+", text):
        return 1
    return min(max(1, int(text[-18:])), MOST) if len(text) < 19 else MOST


def link(number, last):
    """The headers of a page: where the one before, and the next one, are."""
    found = []
    if number > 1:
        found.append((min(number - 1, last), "prev"))
    if number < last:
        found.append((number + 1, "next"))
    links = ", ".join(f'<{neighbour(each)}>; rel="{rel}"' for each, rel in found)
    return {"Link": links} if links else {}


def neighbour(number):
    """The address of the request with another page; other filters stay."""
    query = {**request.args.to_dict(flat=True), "page": str(number)}
    path = request.path.removeprefix(addresses.prefix())
    return f"{addresses.at(path)}?{urlencode(sorted(query.items()))}"


def cut(rows):
    """A page of a list that is there whole: all of it, unless a page is asked for. And headers."""
    if "page" not in request.args:
        return rows, {}
    number, last = asked(), max(1, -(-len(rows) // SIZE))
    return rows[(number - 1) * SIZE : number * SIZE], link(number, last)
