"""Webhooks are told what they are still to be told, whatever their receivers do."""

import time
from dataclasses import replace

import pytest

from ec_builds.engine import sender as sending
from ec_builds.engine.executors.threads import ThreadExecutor
from ec_builds.engine.housekeeping import Housekeeper
from ec_builds.engine.sender import Sender
from ec_builds.network import Network
from ec_builds.store import webhook as rows
from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.webhook import Delivery, Webhook
from tests.conftest import wait_until
from tests.receiving import Receiver
from tests.serving import serving


class Plain:
    """A writer that knows no face."""

    def __init__(self):
        self.written = 0

    def body(self, webhook, delivery):
        self.written += 1
        return delivery.facts.get("text", "{}")

    def headers(self, webhook, delivery, body):
        return {"X-Djinn-CI-Event": delivery.event}


@pytest.fixture
def receiver():
    with serving(Receiver()) as running:
        yield running
        running.end.set()


@pytest.fixture
def other():
    with serving(Receiver()) as running:
        yield running
        running.end.set()


@pytest.fixture
def make_sender(tables):
    """A maker of senders; each is like another process."""
    return lambda private="allow": Sender(Network(private=private), Plain())


@pytest.fixture
def sender(make_sender):
    return make_sender()


@pytest.fixture
def hook(tables):
    """A maker of webhooks, each of an account of its own unless it is told."""

    def hook(receiver, author=None, **values):
        app = App.make("Bakery", "#d97706")
        author = author or Account.named(f"u{app.id[:8]}", f"{app.id[:8]}@example.com")
        url = receiver if isinstance(receiver, str) else receiver.url
        return Webhook.create(
            app=app, author=author, url=url, events=[], root="http://localhost", **values
        )

    return hook


def due(webhook, event="build.tagged", **facts):
    return Delivery.create(webhook=webhook, event=event, facts=facts, due=time.time())


def again(delivery):
    return Delivery.get_by_id(delivery.id)


def test_what_is_due_is_sent_once(sender, hook, receiver):
    delivery = due(hook(receiver), text='{"a": 1}')

    sender.flush()
    sender.flush()

    assert [body for _, body in receiver.got] == [b'{"a": 1}']
    told = again(delivery)
    assert (told.code, told.error, told.due, told.attempts) == (200, None, None, 1)
    assert told.seconds > 0 and told.tried


def test_two_processes_do_not_both_send(make_sender, hook, receiver):
    webhook = hook(receiver)
    due(webhook)
    receiver.answer = lambda request: receiver.end.wait(10) and request.send(b"")
    first, second = make_sender(), make_sender()

    first.turn()
    wait_until(lambda: receiver.got)
    second.turn()

    assert (len(first.away), len(second.away)) == (1, 0)
    receiver.end.set()
    first.flush()
    assert len(receiver.got) == 1


def test_one_webhook_is_told_in_order(sender, hook, receiver):
    webhook = hook(receiver)
    for number in range(5):
        due(webhook, text=str(number))

    sender.flush()

    assert [body for _, body in receiver.got] == [b"0", b"1", b"2", b"3", b"4"]


def test_what_a_process_had_on_its_way_when_it_died_is_sent_by_the_next(
    make_sender, hook, receiver, monkeypatch
):
    monkeypatch.setattr(rows, "CLAIM", 0)  # so that nobody has to wait until it is over
    delivery = due(hook(receiver), text="once more")
    dead, alive = make_sender(), make_sender()
    monkeypatch.setattr(dead, "carry", lambda letter: None)
    dead.turn()

    alive.flush()

    assert [body for _, body in receiver.got] == [b"once more"]
    assert again(delivery).due is None
    assert alive.writer.written == 0  # the body is what it was


def test_what_fails_is_tried_again_with_growing_pauses_and_given_up(sender, hook, receiver):
    receiver.answer = lambda request: request.send(b"", 500)
    delivery = due(hook(receiver))
    pauses = []

    for _ in range(6):
        sender.flush()
        now = again(delivery)
        pauses += [round(now.due - time.time(), -1)] if now.due else []
        Delivery.update(due=time.time()).where(Delivery.due.is_null(False)).execute()

    assert len(receiver.got) == now.attempts == 5
    assert pauses == sorted(rows.PAUSES)
    assert (now.code, now.error, now.due) == (500, None, None)
    assert sender.writer.written == 1


def test_what_failed_does_not_hold_up_what_follows(sender, hook, receiver):
    webhook = hook(receiver)
    due(webhook, text="bad")
    due(webhook, text="good")
    receiver.answer = lambda request: request.send(b"", 500 if len(receiver.got) == 1 else 204)

    sender.flush()

    assert [row.code for row in Delivery.select().order_by(Delivery.id)] == [500, 204]


def test_a_slow_receiver_does_not_hold_up_others(sender, hook, receiver, other):
    receiver.answer = lambda request: receiver.end.wait(10)
    slow = Account.named("slow", "slow@example.com")
    for _ in range(20):
        due(hook(receiver, author=slow))
    sender.turn()
    assert len(sender.away) == sending.MOST_OF_ONE

    due(hook(other))
    sender.turn()

    wait_until(lambda: other.got)
    sender.stop()


def test_what_is_called_off_is_sent_by_the_next(make_sender, hook, receiver):
    receiver.answer = lambda request: receiver.end.wait(10)
    delivery = due(hook(receiver))
    first = make_sender()
    first.turn()
    wait_until(lambda: receiver.got)

    first.stop()

    assert not first.away and again(delivery).attempts == 0
    receiver.answer = lambda request: request.send(b"")
    make_sender().flush()
    assert again(delivery).code == 200


def drip(request):
    """Headers without an end."""
    try:
        while not request.server.end.wait(0.01):
            request.wfile.write(b"X-More: and more\r\n")
    except OSError:
        return


def test_who_never_answers_and_who_never_ends_is_hung_up_on(sender, hook, receiver, other):
    sender.network = replace(sender.network, timeout=0.3, patience=0.2)
    receiver.answer = lambda request: receiver.end.wait(10)
    other.answer = lambda request: (request.wfile.write(b"HTTP/1.1 200 OK\r\n"), drip(request))
    deliveries = due(hook(receiver)), due(hook(other))

    sender.flush()

    silent, endless = (again(each) for each in deliveries)
    assert (silent.code, endless.code) == (None, None)
    assert "did not answer" in silent.error and "took longer than" in endless.error
    assert silent.due and endless.due


def test_a_huge_header_is_no_answer(sender, hook, receiver):
    def answer(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(300):
            request.wfile.write(b"X-Large: " + b"x" * 1000 + b"\r\n")

    receiver.answer = answer
    delivery = due(hook(receiver))

    sender.flush()

    assert again(delivery).code is None and again(delivery).error


def test_no_more_than_the_status_is_read(sender, hook, receiver):
    def answer(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        receiver.end.wait(10)

    receiver.answer = answer
    delivery = due(hook(receiver))

    sender.flush()

    assert again(delivery).code == 200


def test_a_redirect_is_not_followed(sender, hook, receiver, other):
    receiver.answer = lambda request: request.send(b"", 307, Location=other.url)
    delivery = due(hook(receiver))

    sender.flush()

    assert not other.got
    told = again(delivery)
    assert (told.code, told.error) == (307, "It redirects, which is not followed")
    assert told.due


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
def test_private_addresses_are_refused(make_sender, hook, receiver, host):
    delivery = due(hook(f"http://{host}:{receiver.server_port}/"))

    make_sender(private="deny").flush()

    assert not receiver.got
    assert "does not reach out to" in again(delivery).error


def test_nobody_at_the_address(sender, hook):
    delivery = due(hook("http://127.0.0.1:1/?key=hidden"))

    sender.flush()

    assert again(delivery).code is None
    assert "refused" in again(delivery).error and "hidden" not in again(delivery).error


def test_what_cannot_be_written_holds_up_nobody(sender, hook, receiver, monkeypatch, caplog):
    bad, good = due(hook(receiver), text="bad"), due(hook(receiver), text="good")
    body = sender.writer.body

    def broken(webhook, delivery):
        if delivery.id == bad.id:
            raise RuntimeError("no words")
        return body(webhook, delivery)

    monkeypatch.setattr(sender.writer, "body", broken)
    sender.flush()

    assert again(good).code == 200
    assert again(bad).error == "The server could not write what is to be sent"
    assert again(bad).due and again(bad).attempts == 1


def test_what_tells_of_something_that_is_gone_goes_with_it(sender, hook, receiver, monkeypatch):
    due(hook(receiver))
    monkeypatch.setattr(sender.writer, "body", lambda webhook, delivery: None)

    sender.flush()

    assert not receiver.got and not Delivery.select().count()


@pytest.mark.parametrize("how", ["inactive", "deleted"])
def test_who_is_not_to_be_told_any_more_is_told_nothing(sender, hook, receiver, how):
    webhook = hook(receiver, active=how != "inactive")
    due(webhook)
    if how == "deleted":
        webhook.app.remove()

    sender.flush()

    assert not receiver.got


def test_old_deliveries_are_forgotten(sender, hook, receiver, storage, monkeypatch):
    monkeypatch.setattr(rows, "KEPT", 2)
    webhook = hook(receiver)
    for number in range(5):
        due(webhook, text=str(number))
    sender.flush()
    assert [row.body for row in Delivery.select().order_by(Delivery.id)] == ["3", "4"]

    Delivery.update(created="2020-01-01T00:00:00.000Z", due=0).execute()
    due(webhook, text="new")
    Housekeeper(storage).turn()

    assert [row.facts for row in Delivery.select()] == [{"text": "new"}]


def test_an_executor_sends_and_stops(runner, reconciler, sender, hook, receiver):
    executor = ThreadExecutor(runner, reconciler, concurrency=1, interval=0.05, sender=sender)
    executor.start()
    due(hook(receiver))
    wait_until(lambda: receiver.got)
    receiver.answer = lambda request: receiver.end.wait(10)
    due(hook(receiver))
    wait_until(lambda: len(receiver.got) == 2)

    executor.stop()

    assert not any(thread.is_alive() for thread in executor.keepers)
    assert Delivery.select().where(Delivery.due.is_null(False)).get().attempts == 0
