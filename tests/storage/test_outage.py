"""How the log is told of something that does not answer."""

import logging

from ec_builds.storage.outage import Outage


def test_the_log_hears_of_the_first_and_of_the_last(caplog):
    outage = Outage(logging.getLogger("ec_builds.test"))
    for who in ("a", "b", "a"):
        outage.meets(who, "gone")
    for who in ("c", "a", "a"):
        outage.spares(who)
    assert caplog.messages == ["The storage does not answer: gone"]

    outage.spares("b")
    outage.spares("b")

    assert caplog.messages[1:] == ["The storage answers again"]


def test_who_does_not_wait_any_longer_says_nothing_about_it(caplog):
    outage = Outage(logging.getLogger("ec_builds.test"), "The database")
    outage.meets("a", "gone")
    outage.forget("a")
    outage.spares("a")

    assert caplog.messages == ["The database does not answer: gone"]
