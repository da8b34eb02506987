"""A name service that answers as it likes."""

import ipaddress
import socketserver
import struct
import threading
from collections import Counter

from tests.acceptance.internet import LOOPBACK, METADATA, OTHER, PRIVATE, PUBLIC

#: What names stand for: addresses, or a name. Of several lists, the next one is told each time.
NAMES = {
    "stranger.example": [[PUBLIC]],
    "other.example": [[OTHER]],
    "inner.example": [[PRIVATE]],
    "metadata.example": [[METADATA]],
    "loop.example": [[LOOPBACK]],
    "six.example": [["::1"]],
    "mapped.example": [["::ffff:10.0.0.5"]],
    "translated.example": [["64:ff9b::a00:5"]],
    "mixed.example": [[PUBLIC, PRIVATE]],
    "alias.example": ["inner.example"],
    "xn--mnchen-3ya.example": [[PRIVATE]],
    "localhost.localdomain": [[LOOPBACK]],
    "metadata.google.internal": [[METADATA]],
}
#: Names that stand for a public address at first, and for a private one ever after.
TURNING = [[PUBLIC], [PRIVATE]]
IPV4, IPV6, ALIAS = 1, 28, 5


class Names(socketserver.ThreadingUDPServer):
    """Answers for NAMES, and for all names that begin with `turning`."""

    def __init__(self):
        super().__init__(("127.0.0.53", 53), Question)
        self.asked, self.lock = Counter(), threading.Lock()

    def known(self, name, kind):
        """What is told of a name now."""
        answers = TURNING if name.startswith("turning") else NAMES.get(name)
        if answers is None:
            return None
        with self.lock:
            turn = self.asked[name, kind]
            self.asked[name, kind] += 1
        return answers[min(turn, len(answers) - 1)]


class Question(socketserver.BaseRequestHandler):
    def handle(self):
        message, socket = self.request
        end = message.index(b"\0", 12) + 5
        name = ".".join(labels(message[12:])).lower()
        (kind,) = struct.unpack(">H", message[end - 4 : end - 2])
        known = self.server.known(name, kind)
        records = list(self.records(known, kind)) if known else []
        code = 0x8580 if known else 0x8583  # there is no such name
        head = struct.pack(">HHHHH", code, 1, len(records), 0, 0)
        answer = message[:2] + head + message[12:end] + b"".join(records)
        socket.sendto(answer, self.client_address)

    def records(self, known, kind):
        """The records of an answer; an alias comes with what it stands for."""
        owner = b"\xc0\x0c"
        if isinstance(known, str):
            spelled = spell(known)
            yield record(owner, ALIAS, spelled)
            owner, known = spelled, self.server.known(known, kind)
        for text in known:
            address = ipaddress.ip_address(text)
            if kind == (IPV4 if address.version == 4 else IPV6):
                yield record(owner, kind, address.packed)


def labels(message):
    while size := message[0]:
        yield message[1 : size + 1].decode()
        message = message[size + 1 :]


def spell(name):
    return b"".join(bytes([len(each)]) + each.encode() for each in name.split(".")) + b"\0"


def record(owner, kind, content):
    """A record that nobody is to keep."""
    return owner + struct.pack(">HHIH", kind, 1, 0, len(content)) + content
