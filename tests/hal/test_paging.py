"""Links from a page to its neighbours (reference 2.6)."""

from dataclasses import dataclass

import pytest

from ec_builds.hal.document import Document
from ec_builds.hal.paging import link_neighbours


@dataclass
class Page:
    number: int
    size: int
    total: int

    @property
    def has_next(self):
        return bool(self.size) and self.number * self.size < self.total


@pytest.mark.parametrize(
    "number, size, total, neighbours",
    [
        (1, 10, 0, {}),
        (1, 10, 10, {}),
        (1, 10, 11, {"next": 2}),
        (2, 10, 11, {"first": 1, "prev": 1}),
        (2, 10, 21, {"first": 1, "prev": 1, "next": 3}),
        (3, 10, 21, {"first": 1, "prev": 2}),
        (9, 10, 21, {"first": 1, "prev": 3}),
        (9, 10, 0, {"first": 1, "prev": 1}),
        (1, 0, 21, {}),
        (2, 0, 21, {}),
    ],
)
def test_there_are_exactly_the_links_that_lead_somewhere(number, size, total, neighbours):
    document = Document("/")

    link_neighbours(document, Page(number, size, total), lambda number: number)

    found = {rel: link["href"] for rel, link in document.links.items() if rel != "self"}
    assert found == neighbours
