"""Sees which builds run at the same time: each connects, and holds the connection until it dies.

The kernel closes the connection of a process that is killed, so nothing has to be told in time.
"""

import random
import socket
import threading

#: What a build runs: says who it is, and waits until it may end.
COMMAND = (
    "bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; echo $EC_BUILDS_BUILD_ID >&3; read -u 3 -r word'"
)
#: Seconds for which a build is held at most.
LONGEST = 0.15


class Witness:
    def __init__(self, seed=0):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.random = random.Random(seed)
        #: Build: how often it was begun; and those that were begun while they still ran.
        self.begun, self.twice = {}, []
        self.open, self.lock = {}, threading.Lock()
        threading.Thread(target=self.listen, daemon=True).start()

    @property
    def command(self):
        return COMMAND.format(port=self.port)

    def listen(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self.hold, args=(connection,), daemon=True).start()

    def hold(self, connection):
        """Look who it is, and let it go after a while."""
        with connection:
            name = first_line(connection)
            if not name:
                return  # it was killed before it could say who it is
            with self.lock:
                self.begun[name] = self.begun.get(name, 0) + 1
                self.twice += [name for other in self.open.get(name, ()) if lives(other)]
                self.open.setdefault(name, []).append(connection)
            connection.settimeout(self.random.uniform(0, LONGEST))
            try:
                connection.recv(1)
            except TimeoutError:
                release(connection)
            except ConnectionError:
                pass  # killed while it waited
            finally:
                with self.lock:
                    self.open[name].remove(connection)

    def close(self):
        self.listener.close()


def first_line(connection):
    """What is said first, or nothing."""
    try:
        return connection.makefile().readline().strip()
    except ConnectionError:
        return ""


def release(connection):
    """Let it go, and stay until it has gone: it may be killed at any moment of this."""
    connection.settimeout(None)
    try:
        connection.sendall(b"go\n")
        connection.recv(1)
    except ConnectionError:
        pass  # killed, with what we said unread


def lives(connection):
    """Whether the other end is still there."""
    try:
        return connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
