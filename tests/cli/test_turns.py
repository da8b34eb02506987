"""Turns: no address has all threads."""

from types import SimpleNamespace

import pytest

from ec_builds.cli.turns import Turns


@pytest.fixture
def begun():
    return []


@pytest.fixture
def turns(begun):
    return Turns(2, begun.append)


def requests(host, number):
    return [SimpleNamespace(client=(host, each)) for each in range(number)]


def test_an_address_has_its_share_and_others_have_theirs(turns, begun):
    one, other = requests("10.0.0.1", 4), requests("10.0.0.2", 1)

    for each in (*one, *other):
        turns.take(each)

    assert begun == [*one[:2], *other]


def test_who_waits_has_a_turn_when_others_of_the_address_are_done(turns, begun):
    one = requests("10.0.0.1", 4)
    for each in one:
        turns.take(each)

    turns.end(one[1])
    assert begun == one[:3]
    turns.end(one[0])
    assert begun == one


def test_nothing_is_remembered_of_who_is_gone(turns, begun):
    for host in ("10.0.0.1", "2001:db8::1"):
        for each in requests(host, 3):
            turns.take(each)
    for each in begun:  # which grows, while others get their turn
        turns.end(each)

    assert len(begun) == 6
    assert not turns.busy and not turns.waiting


def test_a_network_of_ipv6_is_one_address(turns, begun):
    for number in range(3):
        turns.take(SimpleNamespace(client=(f"2001:db8::{number}", 1, 0, 0)))

    assert len(begun) == 2
