"""Figures of ours beside those of others; see `python -m tests.benchmarks --help`.

Every module of this folder measures one topic with a function `measure() -> list of Row`. They are
no tests: nothing fails because a machine is busy, and pytest collects none of them.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table: what was measured, beside what, and whether that is good enough."""

    what: str
    beside: str
    figure: str
    wanted: str
    ok: bool
