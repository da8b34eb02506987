"""Lists of what builds are given: variables, and objects."""

from ec_builds.faces.djinn import paging
from ec_builds.faces.djinn.answers import answer
from ec_builds.faces.djinn.asking import text


def page(things, represent, caller, app_id=None):
    """A page of variables or objects, as the query of the request wants them.

    app_id: the app whose they are; None for all that the caller has a part in.
    """
    number = paging.asked()
    rows, last = things.some(caller, number, paging.SIZE, text("search"), app_id)
    return answer([represent(row) for row in rows], headers=paging.link(number, last))
