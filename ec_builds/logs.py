"""The server's own log: a line per record, as JSON for programs or as text for people."""

import json
import logging
import re
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

#: Facts that every record of this thread bears, such as `buildID`.
about = ContextVar("about", default={})

COLOURS = {"DEBUG": "2", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "31;1"}
#: Ends of lines and colours in what others say would look like lines of ours.
UNSAFE = {number: f"\\x{number:02x}" for number in (*range(32), 127)}


def spelt(word):
    """The pattern of a word, each letter as it is or percent-encoded."""
    return "".join(f"(?:{letter}|%{ord(letter):02x})" for letter in word)


#: The names of the parameters that are a token, or the signature of an address.
TOKEN, SIGNATURE = spelt("_token"), spelt("_signed")
#: One of these in an address, wherever a line has one, and what nobody can guess of an upload's.
SECRET = re.compile(
    rf"((?:{TOKEN}|{SIGNATURE})(?:=|%3d))[^\s&;'\"\\]+|(?<=/uploads/)[\w-]{{20,}}", re.IGNORECASE
)


@contextmanager
def bound(**facts):
    """Everything that is logged inside bears these facts."""
    before = about.set({**about.get(), **facts})
    try:
        yield
    finally:
        about.reset(before)


def facts(**given):
    """What `extra` of a log call should be, so that its record bears these facts."""
    return {"facts": {name: value for name, value in given.items() if value is not None}}


def configure(form="auto", stream=None):
    """Write what this process logs to standard error, once however often this is called.

    `form` is json, text, or auto: text on a terminal.
    """
    is_terminal = (stream or sys.stderr).isatty()
    is_text = form == "text" or (form == "auto" and is_terminal)
    handler = Handler(stream)
    handler.setFormatter(Text(is_terminal) if is_text else Json())
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, Handler)]
    root.addHandler(handler)
    logging.getLogger("ec_builds").setLevel(logging.INFO)
    server = logging.getLogger("gunicorn.error")  # where it has handlers of its own
    server.filters = [discreet]


def discreet(record):
    """A filter of records that lets all of them pass, without tokens."""
    record.msg, record.args = hushed(record.getMessage()), ()
    return True


def hushed(text):
    """A text without the secrets of addresses that are in it."""
    return SECRET.sub(r"\1***", text)


class Outage:
    """Something that does not answer for a while, and who has to wait for it.

    The log hears when the first has to, and when nobody has to any more.
    """

    def __init__(self, log, what="The storage"):
        self.log, self.what = log, what
        self.waiting = set()

    def meets(self, who, error):
        """Somebody got no answer."""
        if not self.waiting:
            self.log.error("%s does not answer: %s", self.what, error)
        self.waiting.add(who)

    def spares(self, who):
        """Somebody got an answer."""
        if who in self.waiting:
            self.waiting.discard(who)
            if not self.waiting:
                self.log.warning("%s answers again", self.what)

    def forget(self, who):
        """Somebody does not wait any longer, whatever came of it."""
        self.waiting.discard(who)


class Handler(logging.Handler):
    """Writes lines to a stream, or to what is standard error at the moment."""

    def __init__(self, stream=None):
        super().__init__()
        self.stream = stream

    def emit(self, record):
        try:
            stream = self.stream or sys.stderr
            stream.write(hushed(self.format(record)) + "\n")
            stream.flush()
        except Exception:  # there is nobody else whom it could be told
            self.handleError(record)


class Json(logging.Formatter):
    """One JSON object in a line."""

    def format(self, record):
        told = {
            "time": moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **about.get(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


class Text(logging.Formatter):
    """A line that people read; in colours, if they can be seen. Tracebacks follow it."""

    def __init__(self, is_coloured):
        super().__init__()
        self.is_coloured = is_coloured

    def format(self, record):
        known = {**about.get(), **getattr(record, "facts", {})}
        level = self.coloured(f"{record.levelname.lower():7}", COLOURS.get(record.levelname, "0"))
        told = " ".join(f"{name}={str(value).translate(UNSAFE)}" for name, value in known.items())
        message, *trace = record.getMessage().split("\n")
        line = f"{moment(record)} {level} {message.translate(UNSAFE)}"
        if told:
            line += " " + self.coloured(told, "2")
        if record.exc_info:
            trace += self.formatException(record.exc_info).split("\n")
        return "\n".join([line, *("    " + each for each in trace)])

    def coloured(self, text, colour):
        return f"\x1b[{colour}m{text}\x1b[0m" if self.is_coloured else text


def moment(record):
    when = datetime.fromtimestamp(record.created, UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
