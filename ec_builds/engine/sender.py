"""Tells webhooks what they are still to be told: each at least once, and in order if all goes well.

One thread knows the database. Each delivery that is on its way has a thread that knows nothing but
the network, so that a slow receiver holds up neither the others nor the database.
"""

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any

from ec_builds.errors import BuildError
from ec_builds.store.database import Unreachable
from ec_builds.store.webhook import Delivery, Outcome, Webhook

log = logging.getLogger(__name__)

#: Deliveries that are on their way at a time: in all, and of what one account has subscribed to.
MOST, MOST_OF_ONE = 16, 4
#: Seconds that a receiver may take.
PATIENCE = 10.0
#: Seconds for those on their way to come back once they are called off.
RETURN = 2.0


class CalledOff(Exception):
    """The sender ends; what is on its way is sent again by another one."""


@dataclass(frozen=True)
class Letter:
    """A delivery on its way."""

    webhook: Webhook
    delivery: Delivery
    headers: dict
    network: Any


class Sender:
    """Sends what is due. It is used by one thread.

    network: the way out. writer: writes bodies and headers, in the words of a face.
    """

    def __init__(self, network, writer):
        self.network = replace(network, timeout=PATIENCE, patience=PATIENCE, check=self.check)
        self.writer = writer
        self.over = threading.Event()
        #: The authors of webhooks, by the ids of those to which something is on its way.
        self.away = {}
        self.returned, self.news = SimpleQueue(), threading.Event()

    def turn(self):
        """Write down what became of those on their way, and send what is due."""
        self.news.clear()
        self.take_in()
        while (room := MOST - len(self.away)) > 0:
            full = [one for one, number in Counter(self.away.values()).items()
                    if number >= MOST_OF_ONE]
            waiting = Webhook.waiting(room, but_of=full)
            if not any([self.send_one(*each) for each in waiting]):
                return

    def wait(self, seconds):
        """Wait until something is back, or for some seconds."""
        self.news.wait(seconds)

    def flush(self):
        """Send all that is due, and wait for it."""
        self.turn()
        while self.away:
            self.wait(PATIENCE)
            self.turn()

    def stop(self):
        """Call off what is on its way, and give it back."""
        self.over.set()
        deadline = time.monotonic() + RETURN
        while self.away and (left := deadline - time.monotonic()) > 0:
            self.news.clear()
            self.take_in()
            if self.away:
                self.wait(left)
        self.take_in()

    def check(self):
        """Asked again and again by whatever waits for the network."""
        if self.over.is_set():
            raise CalledOff

    def send_one(self, webhook_id, author_id):
        """Send the next that is due to a webhook, if nobody else does. Says whether it was."""
        of_author = list(self.away.values()).count(author_id)
        if webhook_id in self.away or of_author >= MOST_OF_ONE:
            return False
        webhook = Webhook.claim(webhook_id)
        if webhook is None:
            return False
        delivery = webhook.next
        letter = delivery and self.written(webhook, delivery)
        if letter is None:
            webhook.let_go()
            return False
        self.away[webhook_id] = author_id
        threading.Thread(target=self.carry, args=(letter,), name="letter", daemon=True).start()
        return True

    def written(self, webhook, delivery):
        """A delivery as it is sent; None if it cannot be, which then counts as an attempt."""
        try:
            body = delivery.body or self.writer.body(webhook, delivery)
            if body is None:  # what it would tell of is gone
                delivery.delete_instance()
                return None
            headers = self.writer.headers(webhook, delivery, body)
        except Unreachable:
            raise
        except Exception:  # whatever is wrong with one is not to keep others from being sent
            log.exception("Delivery %s could not be written", delivery.id)
            delivery.begin(delivery.body)
            delivery.end(Outcome(None, "The server could not write what is to be sent", 0.0))
            return None
        delivery.begin(body)
        return Letter(webhook, delivery, headers, replace(self.network, verified=webhook.verified))

    def carry(self, letter):
        """The life of a thread: the way to a receiver and back."""
        begun = time.monotonic()
        code, error = None, "The server could not send it"
        try:
            body = letter.delivery.body.encode()
            code = letter.network.send(letter.webhook.url, body, letter.headers)
            error = "It redirects, which is not followed" if 300 <= code < 400 else None
        except CalledOff:
            error = None
        except BuildError as why:
            error = str(why)
        except Exception:
            log.exception("Delivery %s could not be sent", letter.delivery.id)
        finally:
            self.returned.put((letter, Outcome(code, error, time.monotonic() - begun)))
            self.news.set()

    def take_in(self):
        """Write down what became of those that are back."""
        while True:
            try:
                letter, outcome = self.returned.get_nowait()
            except Empty:
                return
            del self.away[letter.webhook.id]
            self.conclude(letter, outcome)

    def conclude(self, letter, outcome):
        delivery = letter.delivery
        if outcome.was_called_off:
            delivery.give_back()
        else:
            delivery.end(outcome)
            if not outcome.is_good:  # the address may be secret
                told = "Webhook %s did not take delivery %s (%s), attempt %s"
                how = outcome.code or "no answer"
                log.info(told, letter.webhook.id, delivery.id, how, delivery.attempts)
        letter.webhook.let_go()
