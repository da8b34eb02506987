"""Gunicorn's process with threads, which refuses in our words, lets streams go, and stops well.

A thread answers a request when it has come, for which the reception cares
(`ec_builds/cli/reception.py`). If the answer is a stream, the thread begins it and
hands the socket over to the hub (`ec_builds/watch/`), so that watchers cost no
threads, and neither keep each other nor anybody else waiting.
"""

import io
import signal
import socket
import struct
import threading
from contextlib import suppress
from enum import Enum
from queue import Empty, SimpleQueue
from urllib.parse import unquote

from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from ec_builds.cli.arrival import Withheld
from ec_builds.cli.reception import Reception
from ec_builds.cli.refusal import answer, refused, root
from ec_builds.cli.turns import Turns
from ec_builds.errors import ECError, InternalError


class Wish(Enum):
    """What a signal wants of a process: that it takes no more builds, or gives them no time."""

    RETIRE, HURRY = "retire", "hurry"


#: Seconds for which a client may take nothing of its answer: it holds one of few threads.
STALLED = 30.0
#: The part of the threads that one address can have.
SHARE = 0.75
#: What makes the kernel forget at once what a client has not taken.
FORGET = struct.pack("ii", 1, 0)


#: What tells a process to end.
ENDS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


class HandedOver(BaseException):
    """The socket of a request belongs to the hub now; no error, so that nobody handles it."""


class Attendant(ThreadWorker):
    """A process of gunicorn that knows of builds, and of problem documents for what is no HTTP."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        #: What handlers of signals say. One may interrupt another, or whatever holds a lock; to put
        #: something into this queue is all that can be done then without waiting for each other.
        self.wishes = getattr(self.app, "wishes", None) or SimpleQueue()

    def init_signals(self):
        """Listen to signals, and to those that came since the fork: nobody sends them again."""
        inherited = signal.getsignal(signal.SIGTERM)
        super().init_signals()
        for each in heard(inherited):
            if each in ENDS:
                signal.raise_signal(each)

    def handle_exit(self, sig, frame):
        """SIGTERM: builds get their time to end, requests as well, and streams end at once."""
        self.wishes.put(Wish.RETIRE)
        super().handle_exit(sig, frame)

    def handle_quit(self, sig, frame):
        """SIGINT and SIGQUIT: somebody waits at a terminal, so builds get no time.

        Gunicorn's own handler waits for locks, which the code that it interrupts may hold.
        """
        self.wishes.put(Wish.HURRY)
        self.handle_exit(sig, frame)

    def set_accept_enabled(self, enabled):
        """Take connections, or none. In the end who comes is refused, rather than left waiting."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            self.reception.hurry()
            for listener in self.sockets:
                listener.close()

    def load_wsgi(self):
        super().load_wsgi()
        self.application, self.wsgi = self.wsgi, self.answer
        threading.Thread(target=self.fulfil, daemon=True).start()

    def fulfil(self):
        """The life of a thread that does what handlers of signals may not: wait for locks."""
        app, known = self.application, set()
        while wish := self.wishes.get():
            if wish is Wish.HURRY:
                app.executor.hurry()
            elif wish not in known:
                for stop in (app.watch.stop, app.executor.stop):
                    threading.Thread(target=stop, daemon=True).start()
            known.add(wish)

    def run(self):
        read = self.application.config["MAX_CONTENT_LENGTH"] - 1  # it is one more than is read
        most, uploads = max(1, self.max_keepalived), self.application.uploads
        self.reception = Reception(self, most, read, uploads)
        self.turns = Turns(max(1, int(self.cfg.threads * SHARE)), super().enqueue_req)
        super().run()

    def enqueue_req(self, conn):
        """A connection that was accepted: no thread needs to know of it yet."""
        self.reception.welcome(conn)

    def admit(self, conn):
        """Let a thread answer a request that is here, when it is its turn."""
        self.turns.take(conn)

    def ask(self, credential, tell):
        """Let a thread find out whether a credential is good, and tell it to the main thread."""

        def learned(asked):
            is_known = not asked.cancelled() and not asked.exception() and asked.result()
            self.method_queue.defer(tell, is_known)

        self.tpool.submit(self.application.knows, credential).add_done_callback(learned)

    def murder_keepalived(self, force=False):
        """Look after the connections that no thread has; in the end, close them."""
        self.reception.empty() if force else self.reception.look_round()

    def answer(self, environ, start_response):
        """The application, as gunicorn calls it. Raises HandedOver for a stream."""
        body = self.application(environ, start_response)
        if not hasattr(body, "go_on_through") or environ["REQUEST_METHOD"] == "HEAD":
            return body
        response = start_response.__self__
        response.force_close()
        response.send_headers()
        body.go_on_through(environ["gunicorn.socket"], response.chunked)
        raise HandedOver

    def handle_request(self, req, conn):
        """Answer a request. Says whether the connection can be used again."""
        conn.is_gone = False
        conn.sock.settimeout(STALLED)
        try:
            return super().handle_request(req, conn)
        except HandedOver:
            conn.is_gone = True
        except TimeoutError:
            self.log.info("%s takes nothing of its answer", conn.client)
            hang_up(conn.sock)
            conn.is_gone = True
        finally:
            let_go(req)
        return False

    def finish_request(self, conn, fs):
        """Look after a connection whose request was answered, if it is still one of ours."""
        self.turns.end(conn)
        if getattr(conn, "is_gone", False):
            self.nr_conns -= 1
        elif not fs.cancelled() and not fs.exception() and fs.result():
            self.reception.welcome(conn)
        elif is_last(conn.parser.mesg):
            self.part_from(conn)
        else:
            self.reception.see_off(conn)

    def part_from(self, conn):
        self.nr_conns -= 1
        conn.close()

    def handle_error(self, req, client, addr, exc):
        """Answer a request that could not be read, or answered; the application knows no more."""
        self.refuse(client, addr, exc, req.path if req else None)

    def refuse(self, client, addr, error, path=None):
        """Answer a request in the words of the face that its path belongs to, if that is known."""
        if isinstance(error, ParseException):
            error = refused(error)
        if isinstance(error, ECError):
            self.log.info("%s was refused: %s", addr, error)
        else:
            self.log.exception("A request of %s broke down", addr)
            error = InternalError()
        face = path and self.application.face_at(unquote(path))
        try:
            where = root(self.application.public_url, client.getsockname())
            util.write_nonblock(client, answer(error, where, face))
        except OSError as gone:
            self.log.debug("%s cannot be reached: %s", addr, gone)


def let_go(request):
    """Forget the body of a request, as much of it as was not read; it may be large."""
    if not is_withheld(request):
        request.body.close()
        request.body = io.BytesIO()


def is_withheld(request):
    """Whether the rest of it may come still."""
    return isinstance(request.body, Withheld)


def is_last(request):
    """Whether the client said that it sends no more."""
    return request.should_close() and not is_withheld(request)


def hang_up(connection):
    """Close a connection without waiting for the other end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, FORGET)
    connection.close()


def heard(handler):
    """The signals that a handler of gunicorn's parent has put into its queue.

    A process begins as a copy of the parent, queue and all, and nobody reads the copy.
    """
    parent = getattr(handler, "__self__", None)
    with suppress(Empty):
        while isinstance(parent, Arbiter):
            yield parent.SIG_QUEUE.get_nowait()
