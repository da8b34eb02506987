"""HTTP servers of tests: how they answer, and how long they run."""

import contextlib
import http.server
import threading


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers with a body and headers, and logs nothing."""

    def send(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Nothing."""


@contextlib.contextmanager
def serving(server):
    """A server that runs in a thread of its own until the end of the block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
