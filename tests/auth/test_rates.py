"""How often somebody may do something."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ec_builds.auth.rates import MOST, Rate, neighbourhood
from ec_builds.config import rate
from ec_builds.errors import TooMany


class Clock:
    """A clock that goes on when it is told to."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(clock):
    return lambda text, **options: Rate(rate(text), "visits", clock=clock, **options)


def refused(limit, who):
    """The seconds that somebody has to wait; None if it need not."""
    try:
        limit.spend(who)
    except TooMany as error:
        return int(error.headers["Retry-After"])


def test_each_has_so_many_until_the_window_ends(make, clock):
    limit = make("3/minute")

    assert [refused(limit, "a") for _ in range(4)] == [None, None, None, 60]
    assert refused(limit, "b") is None
    clock.now += 59.5
    assert refused(limit, "a") == 1
    clock.now += 0.5
    assert refused(limit, "a") is None


def test_who_is_refused_is_told_why(make):
    limit = make("1/2 hours")
    limit.spend("a")

    with pytest.raises(TooMany, match="^More visits than 1 per 2 hour; try again in 7200 sec"):
        limit.spend("a")


def test_off_is_no_limit(make):
    limit = make("off")

    assert {refused(limit, "a") for _ in range(1000)} == {None}
    assert not limit.counters.counts


def test_no_more_are_remembered_than_memory_allows(make, clock):
    limit = make("1/minute", most=100)

    for number in range(1000):
        limit.spend(f"address {number}")

    assert len(limit.counters.counts) == 100 < MOST
    assert refused(limit, "address 999") == 60  # the oldest go first
    assert refused(limit, "address 0") is None
    clock.now += 60
    limit.spend("another")
    assert len(limit.counters.counts) == 1


def test_threads_that_come_at_once_get_no_more(make):
    limit = make("20/minute")

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda number: refused(limit, "a"), range(500)))

    assert sum(each is None for each in told) == 20


@pytest.mark.parametrize(
    "address, counted",
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_a_network_of_ipv6_counts_as_one(address, counted):
    assert neighbourhood(address) == counted
