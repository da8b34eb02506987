"""Gunicorn's process with threads, which refuses in our words, lets streams go, and stops well.

A thread answers a request. If the answer is a stream, the thread begins it and
hands the socket over to the hub (`ec_builds/watch/`), so that watchers cost no
threads, and neither keep each other nor anybody else waiting.
"""

from enum import Enum

from gunicorn import util
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from ec_builds.cli.refusal import answer, refused, root


class Wish(Enum):
    """What a signal wants of a process: that it takes no more builds, or gives them no time."""

    RETIRE, HURRY = "retire", "hurry"


class HandedOver(BaseException):
    """The socket of a request belongs to the hub now; no error, so that nobody handles it."""


class Attendant(ThreadWorker):
    """A process of gunicorn that knows of builds, and of problem documents for what is no HTTP."""

    def handle_exit(self, sig, frame):
        """SIGTERM: builds get their time to end, requests as well, and streams end at once."""
        self.app.wishes.put(Wish.RETIRE)
        super().handle_exit(sig, frame)

    def handle_quit(self, sig, frame):
        """SIGINT and SIGQUIT: somebody waits at a terminal, so builds get no time.

        Gunicorn's own handler waits for locks, which the code that it interrupts may hold.
        """
        self.app.wishes.put(Wish.HURRY)
        self.handle_exit(sig, frame)

    def load_wsgi(self):
        super().load_wsgi()
        self.application, self.wsgi = self.wsgi, self.answer

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
        conn.is_handed_over = False
        try:
            return super().handle_request(req, conn)
        except HandedOver:
            conn.is_handed_over = True
            return False

    def finish_request(self, conn, fs):
        """Look after a connection whose request was answered; the hub's are none of ours."""
        if getattr(conn, "is_handed_over", False):
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)

    def handle_error(self, req, client, addr, exc):
        """Answer a request that could not be read; the application never sees it."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.info("%s sent what is no request: %s", addr, exc)
        try:
            where = root(self.app.config.public_url, client.getsockname())
            util.write_nonblock(client, answer(refused(exc), where))
        except OSError as error:
            self.log.debug("%s cannot be reached: %s", addr, error)
