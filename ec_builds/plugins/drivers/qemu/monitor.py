"""What qemu is asked while it runs, by its machine protocol (QMP)."""

import json
import os
import re
import socket

#: Seconds that an answer may take.
PATIENCE = 10
FORWARDED = re.compile(r"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)")
#: What a machine says of itself that has come to a bad end, though qemu runs.
BROKEN = ("internal-error", "guest-panicked", "shutdown")


class Monitor:
    """A connection to the monitor of one machine. Raises OSError where that has ended."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.settimeout(PATIENCE)
            connect(self.socket, path)
            self.file = self.socket.makefile("rwb")
            self.read()
            self.ask("qmp_capabilities")
        except BaseException:
            self.socket.close()
            raise

    def ask(self, command, **arguments):
        """What it answers to a command."""
        asked = {"execute": command, "arguments": arguments}
        self.file.write(json.dumps(asked).encode() + b"\n")
        self.file.flush()
        while "return" not in (said := self.read()):  # events come in between
            if "error" in said:
                raise OSError(f"qemu refuses {command}: {said['error'].get('desc')}")
        return said["return"]

    def read(self):
        line = self.file.readline()
        if not line:
            raise ConnectionResetError("qemu has ended")
        return json.loads(line)

    def say(self, line):
        """The same, for what has only words for people."""
        return self.ask("human-monitor-command", **{"command-line": line})

    def port(self):
        """The port of this machine that leads into the virtual one."""
        told = self.say("info usernet")
        if not (found := FORWARDED.search(told)):
            raise OSError(f"qemu forwards no port: {told}")
        return int(found[1])

    def close_port(self, network, port):
        """Let nobody else in; who is connected stays connected."""
        self.say(f"hostfwd_remove {network} tcp:127.0.0.1:{port}")

    def is_broken(self):
        """Whether the machine has stopped for ever."""
        return self.ask("query-status")["status"] in BROKEN

    def close(self):
        self.socket.close()


def connect(client, path):
    """Connect to a socket whose path may be longer than the kernel takes."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        client.connect(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
