"""Threads that do what others want done."""

import threading

import pytest

from ec_builds.engine.hands import Hand, Hands


def test_a_hand_does_what_it_is_told_in_its_own_thread_and_in_turn():
    done, ended = [], []
    hand = Hand("test", at_end=lambda: ended.append(threading.current_thread().name))

    first = hand.begin(lambda: done.append(threading.current_thread().name))
    assert hand.do(sum, [1, 2]) == 3
    assert first.done()

    with pytest.raises(ZeroDivisionError):
        hand.do(lambda: 1 / 0)
    assert hand.do(len, "abc") == 3  # a failure is nobody else's
    hand.end()
    assert (done, ended) == (["test"], ["test"])
    assert not hand.thread.is_alive()


def test_a_hand_is_lent_to_one_at_a_time():
    hands = Hands("test")
    with hands.lent() as one, hands.lent() as other:
        assert one is not other
    with hands.lent() as again:
        assert again in (one, other)

    hands.close()

    assert not one.thread.is_alive() and not other.thread.is_alive()
