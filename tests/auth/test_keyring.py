"""Keys of a provider: kept, rotated, and missed while it is away."""

import threading

import pytest

from ec_builds.auth.provider.keyring import GRACE, PAUSE, Keyring
from ec_builds.auth.provider.keys import Key, Keys
from ec_builds.errors import BuildError, InvalidToken, Unavailable

#: How often a provider is asked for its keys, if it is asked once: where they are, and for them.
ONCE = 2


def away(request):
    """The provider is there, and does not answer."""
    request.close_connection = True


@pytest.fixture
def go(issuer):
    """Makes the provider go away, and come back."""

    def go(is_away):
        paths = ("/realms/bakery/.well-known/openid-configuration", "/keys")
        issuer.routes = dict.fromkeys(paths, away) if is_away else {}

    return go


def test_nobody_is_asked_before_the_first_token(issuer, keyring):
    assert issuer.asked == []
    assert keyring.find("first", "RS256")


def test_keys_are_kept_for_ten_minutes(issuer, keyring, clock):
    for _ in range(5):
        assert keyring.find("first", "RS256")
        clock.moment += 119
    assert len(issuer.asked) == ONCE
    clock.moment += 6

    keyring.find("first", "RS256")

    assert len(issuer.asked) == 2 * ONCE


def test_a_provider_may_say_how_long(issuer, keyring, clock):
    issuer.headers = {"Cache_Control": "max-age=1800"}
    keyring.find("first", "RS256")
    clock.moment += 1799
    keyring.find("first", "RS256")
    assert len(issuer.asked) == ONCE

    clock.moment += 2
    keyring.find("first", "RS256")

    assert len(issuer.asked) == 2 * ONCE


def test_a_new_key_counts_at_once(issuer, keyring, clock):
    keyring.find("first", "RS256")
    clock.moment += PAUSE
    issuer.add("second", "ES256")

    assert keyring.find("second", "ES256").id == "second"


def test_a_key_that_was_removed_counts_no_longer_than_it_is_kept(issuer, keyring, clock):
    issuer.add("second")
    keyring.find("first", "RS256")
    issuer.remove("first")
    clock.moment += 601

    with pytest.raises(InvalidToken):
        keyring.find("first", "RS256")
    assert keyring.find("second", "RS256")


def test_a_key_that_was_replaced_under_its_id_is_found_anew(issuer, keyring, clock):
    old = keyring.find("first", "RS256")
    issuer.remove("first")
    issuer.add("first", "ES256")
    clock.moment += 601

    assert keyring.find("first", "ES256") != old


def test_a_flood_of_invented_keys_is_no_flood_of_requests(issuer, keyring, clock):
    for number in range(200):
        with pytest.raises(InvalidToken):
            keyring.find(f"invented {number}", "RS256")
        clock.moment += PAUSE / 100

    assert len(issuer.asked) <= 3 * ONCE
    assert keyring.find("first", "RS256")


def test_a_provider_without_keys_is_asked_no_more_often(issuer, keyring):
    issuer.published = []
    for _ in range(5):
        with pytest.raises(InvalidToken):
            keyring.find("first", "RS256")

    assert len(issuer.asked) == ONCE


def test_keys_go_on_to_count_while_their_provider_is_away(issuer, keyring, clock, go, caplog):
    keyring.find("first", "RS256")
    go(True)
    clock.moment += 600
    assert keyring.find("first", "RS256")
    assert "cannot be fetched" in caplog.text
    clock.moment += GRACE - 1
    assert keyring.find("first", "RS256")

    clock.moment += 1

    with pytest.raises(Unavailable) as refusal:
        keyring.find("first", "RS256")
    assert 1 <= int(refusal.value.headers["Retry-After"]) <= PAUSE
    assert issuer.issuer not in refusal.value.verbose


def test_a_provider_that_is_away_is_not_asked_for_every_token(issuer, keyring, clock, go):
    go(True)
    for _ in range(20):
        with pytest.raises(Unavailable):
            keyring.find("first", "RS256")
    assert len(issuer.asked) == 1

    go(False)
    clock.moment += PAUSE

    assert keyring.find("first", "RS256")


def test_an_unknown_key_may_be_a_good_one_while_the_provider_is_away(keyring, clock, go):
    keyring.find("first", "RS256")
    go(True)
    clock.moment += PAUSE

    for _ in range(2):
        with pytest.raises(Unavailable):
            keyring.find("second", "RS256")
    assert keyring.find("first", "RS256")


def test_garbage_takes_no_key_away(issuer, keyring, clock):
    keyring.find("first", "RS256")
    issuer.routes["/keys"] = lambda request: request.send(b"<html>")
    clock.moment += 601

    assert keyring.find("first", "RS256")


class Source:
    """Has one key, and answers when it is let."""

    def __init__(self):
        self.asked = 0
        self.begun, self.let = threading.Event(), threading.Event()

    def fetch(self):
        self.asked += 1
        self.begun.set()
        assert self.let.wait(20)
        return Keys([Key("first", ("RS256",), None)]), 600


def test_one_thread_asks_and_the_others_wait_for_it(clock):
    source, found = Source(), []
    keyring = Keyring(source, clock)

    def find():
        found.append(keyring.find("first", "RS256").id)

    threads = [threading.Thread(target=find) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert source.begun.wait(20)
    source.let.set()
    for thread in threads:
        thread.join(20)

    assert found == ["first"] * 8
    assert source.asked == 1


def test_nobody_waits_who_can_use_what_is_old(clock, monkeypatch):
    monkeypatch.setattr("ec_builds.auth.provider.keyring.PATIENCE", 60)  # longer than the source
    source = Source()
    source.let.set()
    keyring = Keyring(source, clock)
    keyring.find("first", "RS256")
    clock.moment += 601
    source.let.clear()
    source.begun.clear()
    asking = threading.Thread(target=keyring.find, args=("first", "RS256"))
    asking.start()
    assert source.begun.wait(20)

    found = keyring.find("first", "RS256")  # while the other one waits

    assert found.id == "first" and asking.is_alive()
    source.let.set()
    asking.join(20)
    assert source.asked == 2


def test_nobody_waits_for_ever(clock, monkeypatch):
    monkeypatch.setattr("ec_builds.auth.provider.keyring.PATIENCE", 0.05)
    source = Source()
    keyring = Keyring(source, clock)
    asking = threading.Thread(target=keyring.find, args=("first", "RS256"))
    asking.start()
    assert source.begun.wait(20)

    with pytest.raises(Unavailable):
        keyring.find("first", "RS256")

    source.let.set()
    asking.join(20)


def test_a_doctor_is_told_what_there_is(issuer, keyring, go):
    issuer.add("second", "ES256")
    assert keyring.check() == "keys that can be used: 2"

    issuer.published = []
    with pytest.raises(BuildError, match="no key that is of use"):
        keyring.check()
    go(True)
    with pytest.raises(BuildError, match=issuer.issuer):
        keyring.check()
