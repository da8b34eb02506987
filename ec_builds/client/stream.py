"""Events that a server sends as they happen (HTML standard, 9.2), over several connections."""

import json
import time
from typing import NamedTuple

from ec_builds.client.errors import Problem, Unexpected, Unreachable

#: Connections in a row that bring nothing, before it is given up.
VAIN = 20
#: Seconds before another connection.
PAUSE = 1.0


class Message(NamedTuple):
    """A name, and text."""

    name: str
    data: str

    @property
    def json(self):
        """The data as JSON. Raises Unexpected."""
        try:
            return json.loads(self.data)
        except ValueError as error:
            raise Unexpected(f"The server sent an event “{self.name}” that is no JSON.") from error


class Stream:
    """The messages at an address, each once.

    `is_complete` says afterwards whether the last one was there; if not, the
    server has no such stream, or could not be reached often enough.
    """

    def __init__(self, session, url, pause=time.sleep):
        self.session, self.url, self.pause = session, url, pause
        self.last_id, self.vain, self.is_complete = "", 0, False

    def __iter__(self):
        while not self.is_complete and self.vain < VAIN:
            if self.vain or self.last_id:
                self.pause(PAUSE)
            self.vain += 1
            try:
                yield from self.messages()
            except Unreachable:
                continue
            except (Problem, Unexpected):
                return

    def messages(self):
        """The messages of one connection."""
        fields, data = {}, []
        for line in self.session.lines(self.url, self.last_id):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name:
                fields[name] = value
            elif not line:
                self.last_id = fields.get("id", self.last_id)
                if data:
                    message = Message(fields.get("event", "message"), "\n".join(data))
                    self.vain, self.is_complete = 0, message.name == "end"
                    yield message
                fields, data = {}, []
