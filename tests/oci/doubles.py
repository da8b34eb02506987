"""Registries that are not what they seem to be: each answers as a test tells it to."""

import http.server
import json

from tests.oci import making
from tests.serving import Answering


class Double(http.server.ThreadingHTTPServer):
    """Serves one image as `team/server:7`; `routes` changes its mind, by method and path."""

    daemon_threads = False
    repository = "team/server"

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes, self.seen = {}, []
        self.image, self.blobs = making.image(making.tar(making.FILES))
        for digest, content in self.blobs.items():
            self.answer("GET", self.path("blobs", digest), content)
        self.offer(self.image.content, self.image.media_type)

    @property
    def host(self):
        return f"127.0.0.1:{self.server_port}"

    def path(self, *parts):
        return "/".join(["/v2", self.repository, *parts])

    def url(self, path):
        return f"http://{self.host}{path}"

    def answer(self, method, path, body=b"", status=200, **headers):
        self.routes[method, path] = lambda request: request.send(body, status, **headers)

    def offer(self, content, media_type, wanted="7", **headers):
        """Have a manifest."""
        headers = {"Content_Type": media_type, **headers}
        self.answer("GET", self.path("manifests", wanted), content, **headers)

    def offer_document(self, document, **more):
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.offer(content, "application/json", **more)

    def guard(self, challenge, header):
        """Answer nobody who does not send a header with this value."""
        self.accepted = header
        for key, route in list(self.routes.items()):
            self.routes[key] = guarded(route, challenge)

    def handle_error(self, request, client_address):
        """A client that hangs up is what some tests are about."""


def guarded(route, challenge):
    def answer(request):
        if request.headers["Authorization"] == request.server.accepted:
            route(request)
        else:
            request.send(b"", 401, WWW_Authenticate=challenge)

    return answer


class Handler(Answering):
    def answer(self):
        length = int(self.headers["Content-Length"] or 0)
        path = self.path.partition("?")[0]
        seen = {"method": self.command, "path": self.path, "headers": self.headers}
        self.server.seen.append(seen)
        seen["body"] = self.body = self.rfile.read(length)
        route = self.server.routes.get((self.command, path))
        return route(self) if route else self.send(b"", 404)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer
