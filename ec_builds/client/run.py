"""A build or a deployment, followed to its end."""

import time
from dataclasses import dataclass

from ec_builds.client.errors import Unexpected
from ec_builds.client.stream import Stream

#: Where a run can be watched, if its server can do that.
STREAM = "ec:app/build/events/stream"
#: Where what its commands print can be read.
LOG = "ec:app/build/log"

#: Seconds between two looks: at first, by how much more each time, and at most.
FIRST, GROWTH, LONGEST = 0.05, 1.25, 1.0


@dataclass(frozen=True)
class Event:
    """What happened, in a sentence. A temporary event says that something has begun."""

    id: int
    type: str
    timestamp: str
    message: str
    temporary: bool
    info: dict

    @classmethod
    def of(cls, document):
        """An event of a build or a deployment, whose names differ in their first word."""
        words = {name.partition("Event")[2]: value for name, value in document.items()}
        return cls(
            int(words.get("ID") or 0),
            words.get("Type") or "info",
            document.get("timestamp") or "",
            document.get("message") or "",
            bool(document.get("temporary")),
            document.get("info") or {},
        )


@dataclass(frozen=True)
class Line:
    """What a command printed: one line."""

    text: str


class Run:
    """A run on its way; `resource` is how it looked last."""

    def __init__(self, resource, pause=time.sleep):
        self.resource, self.pause = resource, pause

    @property
    def is_over(self):
        return self.resource["successful"] != "running"

    @property
    def has_succeeded(self):
        return self.resource["successful"] == "success"

    @property
    def detail(self):
        """Why it ended as it did, in a sentence; None if nobody says so."""
        detail = self.resource.get("statusDetail")
        if detail or self.has_succeeded:
            return detail
        errors = [event.message for event in self.known() if event.type == "error"]
        return errors[-1] if errors else None

    @property
    def log(self):
        """The address of what its commands print; None if its server keeps no log."""
        links = self.resource.links(LOG)
        return links[0].url() if links else None

    def known(self):
        """The events so far, in the order in which they happened."""
        events = self.resource.get("events") or []
        if not isinstance(events, list):
            raise Unexpected(f"The events of {self.resource.href} are not a list.")
        return sorted(map(Event.of, events), key=lambda event: event.id)

    def news(self):
        """Each event and each line that is printed, once and in their order, until it is over.

        A server that cannot send them is asked for events again and again.
        """
        seen = set()
        for link in self.resource.links(STREAM)[:1]:
            stream = Stream(self.resource.session, link.url(), self.pause)
            for message in stream:
                if message.name == "event":
                    event = Event.of(message.json)
                    seen.add(event.id)
                    yield event
                elif message.name == "log":
                    yield Line(message.data)
            self.resource = self.resource.reload()
        yield from self.events(seen)

    def events(self, seen=()):
        """Each event once, as soon as it is known, until the run is over.

        seen: ids of events that are known already.
        """
        seen, pause = set(seen), FIRST
        while True:
            news = [event for event in self.known() if event.id not in seen]
            seen.update(event.id for event in news)
            yield from news
            if self.is_over:
                return
            pause = FIRST if news else min(pause * GROWTH, LONGEST)
            self.pause(pause)
            self.resource = self.resource.reload()
