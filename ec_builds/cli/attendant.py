"""Waits for requests without a thread for each, and gives a thread to those that are there."""

import errno
import io
import os
import selectors
import time
from collections import deque
from functools import partial

from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import ThreadWorker

from ec_builds.cli.refusal import answer, refused, root
from ec_builds.cli.sockets import BODY, ENOUGH, Connection, late
from ec_builds.errors import ECError, InternalError, Unmatched

#: Seconds between two looks at what has been waited for too long.
INTERVAL = 0.5
#: Seconds for a client to hang up after its answer, and for an idle one when the server stops.
FAREWELL = 2


class Attendant(ThreadWorker):
    """A process of gunicorn that half a request costs nothing but a file descriptor.

    Of gunicorn it uses how a process is started and stopped, and how a request is read and
    answered; connections are its own. Only `handle` runs in threads.
    """

    def run(self):
        self.waiting = {}  # the connections that no thread has, oldest first
        self.finished = deque()
        self.looked = time.monotonic()
        self.is_open = False
        self.poller.register(self.PIPE[0], selectors.EVENT_READ, self.collect)
        self.open_doors(True)
        while self.alive and self.is_parent_alive():
            self.turn()
        self.stop()

    def stop(self):
        """Let those finish who have begun, as long as there is time for it."""
        self.alive = False
        self.open_doors(False)
        now = time.monotonic()
        for connection in self.waiting:
            if not connection.received:
                connection.expires = min(connection.expires, now + FAREWELL / 2)
        while self.nr_conns > 0 and time.monotonic() < now + self.cfg.graceful_timeout:
            self.turn()
        self.tpool.shutdown(wait=False)

    def open_doors(self, wanted):
        if wanted == self.is_open:
            return
        for listener in self.sockets:
            if wanted:
                listener.setblocking(False)
                accept = partial(self.accept, listener)
                self.poller.register(listener, selectors.EVENT_READ, accept)
            else:
                self.poller.unregister(listener)
        self.is_open = wanted

    def turn(self):
        """Attend to whatever has happened, for half a second at most."""
        self.notify()
        for key, _ in self.poller.select(INTERVAL):
            if self.poller.get_map().get(key.fd) == key:  # nobody before it in the row closed it
                key.data()
        if time.monotonic() >= self.looked + INTERVAL:
            self.look()

    def look(self):
        """Part with connections that have been waited for too long."""
        self.looked = time.monotonic()
        for connection in [each for each in self.waiting if each.expires <= self.looked]:
            if connection.received:
                self.refuse(connection, late("The rest of the request"))
                self.take_leave(connection)
            else:
                self.close(connection)
        if self.alive:
            self.open_doors(self.nr_conns < self.worker_connections)

    def accept(self, listener):
        if self.nr_conns >= self.worker_connections and not self.make_room():
            self.open_doors(False)
            return
        try:
            accepted, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE) and not self.make_room():
                self.open_doors(False)
            return
        self.nr_conns += 1
        connection = Connection(accepted, client, listener.getsockname())
        self.watch(connection, self.receive)

    def make_room(self):
        """Close the connection that has been waited for longest. Returns whether there is one."""
        for connection in self.waiting:
            self.close(connection)
            return True
        return False

    def watch(self, connection, then):
        self.waiting[connection] = True
        self.poller.register(connection.sock, selectors.EVENT_READ, partial(then, connection))

    def unwatch(self, connection):
        if self.waiting.pop(connection, None):
            self.poller.unregister(connection.sock)

    def close(self, connection):
        self.unwatch(connection)
        self.nr_conns -= 1
        connection.sock.close()

    def receive(self, connection):
        """Take what has come; with enough of a request, a thread goes on."""
        data = read(connection)
        if data == b"":
            self.close(connection)
        elif data:
            connection.take(data)
            self.proceed(connection)

    def proceed(self, connection):
        if connection.is_ready():
            self.unwatch(connection)
            future = self.tpool.submit(self.handle, connection)
            future.add_done_callback(partial(self.report, connection))

    def report(self, connection, future):
        """Tell the main thread that a request has been answered; called in another one."""
        self.finished.append((connection, future))
        try:
            os.write(self.PIPE[1], b".")
        except OSError:
            return  # it is full, so the main thread is about to look

    def collect(self):
        """Take back the connections whose requests have been answered."""
        try:
            os.read(self.PIPE[0], 4096)
        except BlockingIOError:
            pass
        while self.finished:
            connection, future = self.finished.popleft()
            if future.cancelled() or future.exception() or not future.result():
                self.take_leave(connection)
                continue
            connection.wait(self.cfg.keepalive if self.alive else FAREWELL / 2)
            self.watch(connection, self.receive)
            self.proceed(connection)  # the next request may be there already

    def take_leave(self, connection):
        """Say that nothing more will come, and wait for the client to hang up (RFC 9112, 9.6)."""
        self.unwatch(connection)
        try:
            connection.sock.shutdown(1)
            connection.received.clear()
            connection.wait(FAREWELL)
        except OSError:
            self.close(connection)
        else:
            self.watch(connection, self.ignore)

    def ignore(self, connection):
        if read(connection) == b"":
            self.close(connection)

    def handle(self, connection):
        """Answer one request, in a thread. Returns whether the connection can be used again."""
        head, request = bytes(connection.received), None
        sock = connection.sock
        try:
            sock.setblocking(True)
            sock.until = time.monotonic() + BODY
            parser = RequestParser(self.cfg, sock, connection.client)
            parser.unreader.unread(head)
            request = next(parser)
            request.body.reader = reader = Reader(request.body.reader)
            is_kept = self.handle_request(request, connection)
            if is_kept and not reader.failed and is_at_its_end(request.body, sock):
                connection.received = bytearray(parser.unreader.buf.getvalue())
                parser.unreader.buf = io.BytesIO()
                return True
        except (NoMoreData, StopIteration):
            self.log.debug("%s has left", connection.client)
        except OSError as error:
            self.log.debug("%s cannot be reached: %s", connection.client, error)
        except Exception as error:
            self.handle_error(request, connection, head, error)
        return False

    def handle_error(self, request, connection, head, error):
        """Answer what could not be read; what comes later is a defect of ours."""
        if isinstance(error, ECError) or (request is None and isinstance(error, ParseException)):
            self.log.info("%s sent what is no request: %s", connection.client, error)
            self.refuse(connection, refused(error), head)
        else:
            self.log.exception("A request broke down", exc_info=error)
            self.refuse(connection, InternalError(), head)

    def refuse(self, connection, error, head=None):
        """Send a problem document, if there is somebody who wants it."""
        received = bytes(connection.received if head is None else head)
        where = root(self.app.config.public_url, received, connection.server)
        try:
            connection.sock.setblocking(False)
            connection.sock.send(answer(error, where))
        except OSError as reason:
            self.log.debug("%s cannot be reached: %s", connection.client, reason)


class Reader:
    """Gunicorn's reader of a body, whose complaints are errors of the client."""

    def __init__(self, reader):
        self.reader, self.failed = reader, False

    def read(self, size):
        try:
            return self.reader.read(size)
        except ParseException as error:
            self.failed = True
            raise Unmatched("body", "The body does not have the form that its headers say.") \
                from error
        except Exception:
            self.failed = True
            raise


def read(connection):
    """What has come; None if nothing has, and no bytes at all at the end."""
    try:
        return connection.sock.recv(ENOUGH)
    except BlockingIOError:
        return None
    except (OSError, ECError):
        return b""


def is_at_its_end(body, sock):
    """Whether nothing of a body is left but what is here already; nobody waits for the rest."""
    sock.setblocking(False)
    try:
        return any(not body.read(1024) for _ in range(ENOUGH // 1024 + 1))
    except (OSError, ECError):
        return False
