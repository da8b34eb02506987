"""The bakery's own data: a small JSON API on loopback, two pages long."""

import json
import threading
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from socketserver import ThreadingTCPServer
from urllib.parse import parse_qs, urlsplit

BREADS = files(__package__) / "menu.json"
#: Breads on a page.
SIZE = 3


class Menu(ThreadingTCPServer):
    """A server in a thread of this process; it ends with its context."""

    daemon_threads = True

    def __init__(self):
        self.breads = json.loads(BREADS.read_text(encoding="utf-8"))
        super().__init__(("127.0.0.1", 0), Page)
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/breads"

    def page(self, number):
        """One page, in HAL."""
        breads = self.breads[(number - 1) * SIZE : number * SIZE]
        links = {"self": {"href": f"/breads?page={number}"}}
        if number * SIZE < len(self.breads):
            links["next"] = {"href": f"/breads?page={number + 1}"}
        return {
            "count": len(breads),
            "total": len(self.breads),
            "_links": links,
            "_embedded": {"breads": breads},
        }


class Page(BaseHTTPRequestHandler):
    """Answers one request."""

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        body = json.dumps(self.server.page(int(query.get("page", ["1"])[0]))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/hal+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        """Nobody wants to know."""
