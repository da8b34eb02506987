"""Reads event streams as a browser does."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """What a client gets: the name, the id, and the data, whose lines are joined again."""

    name: str
    id: str | None
    data: str

    @property
    def json(self):
        return json.loads(self.data)


def messages(lines):
    """The messages in the lines of a stream, each as soon as it is complete."""
    fields = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            fields[name] = f"{fields[name]}\n{value}" if name == "data" in fields else value
            continue
        if "data" in fields:
            yield Message(fields["event"], fields.get("id"), fields["data"])
        fields = {}


def parsed(raw):
    """The messages in the bytes of a stream."""
    return list(messages(raw.decode().split("\n")))


def logged(found):
    """The lines of the log among messages."""
    return [each.data for each in found if each.name == "log"]
