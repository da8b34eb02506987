"""Links from a page of a list to its neighbours (reference 2.6)."""


def link_neighbours(document, page, href):
    """Link first, prev and next as far as there are any.

    `href(number)` makes the address of a page; that of page 1 names no page.
    """
    if page.size and page.number > 1:
        document.link("first", href(1))
        last = max(1, -(-page.total // page.size))
        document.link("prev", href(min(page.number - 1, last)))
    if page.has_next:
        document.link("next", href(page.number + 1))
    return document
