"""GET on any list resource: one thing, a page, or a stream of everything."""

from flask import request

from ec_builds.hal.paging import link_neighbours
from ec_builds.web.current import caller, urls
from ec_builds.web.methods import allow
from ec_builds.web.responses import hal, streamed

#: Longer pages are streamed, so that no answer has to fit into memory.
LONGEST = 100


def read(collection, look, parameters, **about):
    """Answer a GET. `look` is a module of representations: RELATION, one, listing.

    `about` is what the beginning of a list shows besides what was asked.
    """
    question = collection.listing.ask(parameters)
    if collection.listing.is_single(parameters):
        thing = collection.one(caller(), question)
        return hal(look.one(thing, urls()), Allow=allow(thing))
    if question.size == 0 or question.size > LONGEST:
        return stream(collection, look, parameters, question, about)
    page = collection.page(caller(), question)
    document = beginning(look, parameters, question, page, about)
    link_neighbours(document, page, lambda number: neighbour(parameters, number))
    document.embed(look.RELATION, [look.one(row, urls()) for row in page.items])
    return hal(document, Allow=allow())


def stream(collection, look, parameters, question, about):
    """All items, or a very long page of them."""
    ahead = collection.ahead(caller(), question)
    start = (question.page - 1) * question.size if question.size else 0
    document = beginning(look, parameters, question, ahead, about)
    if question.size:
        link_neighbours(document, ahead, lambda number: neighbour(parameters, number))
    elif question.page > 1:
        start = ahead.total  # everything is on page 1
    is_past = start > 0 and start >= ahead.total
    wanted = (question, start, question.size or None)
    rows = () if is_past else collection.stream(caller(), *wanted)
    look_at = urls()
    items = (look.one(row, look_at) for row in rows)
    return streamed(document, look.RELATION, items, Allow=allow())


def beginning(look, parameters, question, page, about):
    href = urls().again(request.path, {name: str(value) for name, value in parameters.items()})
    document = look.listing(href, question, urls(), **about)
    document.state = {**document.state, "count": len(page.items), "total": page.total}
    return document


def neighbour(parameters, number):
    """The same request for another page; page 1 is not named (reference 2.6)."""
    return urls().again(request.path, parameters, page=None if number == 1 else number)
