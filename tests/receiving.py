"""A receiver of what webhooks are told, on a free port of this machine."""

import http.server
import threading

from tests.serving import Answering


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what it gets, and answers as `answer` says: a function of the request handler."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got, self.answer = [], lambda request: request.send(b"thanks")
        #: What hostile ones wait for.
        self.end = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"

    @property
    def events(self):
        """The names of the events that it was told of, in their order."""
        return [headers["X-Djinn-CI-Event"] for headers, _ in self.got]

    def handle_error(self, request, client_address):
        """Some tests are about who hangs up."""


class Handler(Answering):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.server.answer(self)
