"""What runs in the namespace: addresses, names, strangers, and the server among them."""

import base64
import fcntl
import functools
import io
import json
import os
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import urllib.request
import zipfile
import zlib
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.acceptance.internet import ADDRESSES, GIT, LOOPBACK, PORT, SSH, WEB
from tests.acceptance.internet.names import Names
from tests.serving import Answering

SIOCSIFADDR = 0x8916
AUTHOR = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com",
}


def main(folder):
    for number, address in enumerate(ADDRESSES):
        take(f"lo:{number}", address)
    visits = Visits(folder / "visits")
    repository = make_repository(folder)
    servers = [Names(), Relay(folder / "socket")]
    for address in (*ADDRESSES, LOOPBACK, "::1"):
        servers.append(Stranger(address, visits, repository))
        servers += [Silent(address, port, visits) for port in (SSH, GIT)]
    for each in servers:
        threading.Thread(target=each.serve_forever, daemon=True).start()
    prove()
    serve()


def take(name, address):
    """Give the machine an address more."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        place = struct.pack("16sH2x4s8x", name.encode(), socket.AF_INET, socket.inet_aton(address))
        fcntl.ioctl(asking, SIOCSIFADDR, place)


def prove():
    """Whoever asks without care is let in everywhere, and that is seen."""
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    for name in ("stranger", "other", "inner", "metadata", "loop", "six"):
        ask(f"http://{name}.example/proof").read()


def serve():
    """Run the server until standard input ends."""
    command = [sys.executable, "-m", "ec_builds", "serve", "--port", str(PORT)]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    sys.stdin.read()
    server.terminate()
    sys.exit(server.wait(60))


def make_repository(folder):
    """A repository with a page, to be served as files."""
    path = folder / "repository"
    (path / "repo.git").mkdir(parents=True)
    git = functools.partial(
        subprocess.run, cwd=path, env=os.environ | AUTHOR, check=True, capture_output=True
    )
    git(["git", "init", "-q", "-b", "main", "work"])
    (path / "work/index.html").write_text("from git")
    git(["git", "-C", "work", "add", "-A"])
    git(["git", "-C", "work", "commit", "-q", "-m", "First"])
    git(["git", "clone", "-q", "--bare", "work", "repo.git"])
    git(["git", "-C", "repo.git", "update-server-info"])
    return path


class Visits:
    """Writes down who was visited."""

    def __init__(self, path):
        self.file, self.lock = path.open("w", buffering=1), threading.Lock()

    def add(self, place, path="-"):
        with self.lock:
            self.file.write(f"{place[0]}:{place[1]} {path}\n")


class Listening(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, address, port, handler, visits):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, port), handler)
        self.visits = visits

    def handle_error(self, request, client_address):
        """Whoever hangs up has seen enough."""


class Silent(Listening):
    """Takes connections, and closes them."""

    def __init__(self, address, port, visits):
        super().__init__(address, port, Closing, visits)


class Closing(socketserver.BaseRequestHandler):
    def handle(self):
        self.server.visits.add(self.server.server_address)


class Stranger(Listening):
    """A web server that has code, data and a repository, and leads wherever one wants."""

    def __init__(self, address, visits, repository):
        super().__init__(address, WEB, Page, visits)
        self.repository = repository


class Page(Answering):
    """A page by the first part of its path; what follows it is an argument."""

    def do_GET(self):
        self.server.visits.add(self.server.server_address, self.path)
        name, _, rest = self.path.removeprefix("/").partition("/")
        page = getattr(self, f"show_{name.partition('?')[0]}", None)
        return page(rest) if page else self.show_files(self.path)

    def show_proof(self, rest):
        self.send(b"")

    def show_zip(self, rest):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("index.html", "from a zip")
        self.send(made.getvalue())

    def show_data(self, rest):
        self.send(b'{"_links": {}, "_embedded": {"item": [2]}}', Content_Type="application/json")

    def show_files(self, path):
        name = unquote(urlsplit(path).path).lstrip("/")
        file = self.server.repository / name
        self.send(file.read_bytes()) if file.is_file() else self.send(b"", 404)

    def show_to(self, rest):
        """Redirects to an address in base64; what follows in the path follows there, too."""
        there, slash, more = rest.partition("/")
        where = base64.urlsafe_b64decode(there).decode("latin-1")
        self.send(b"", 302, Location=f"{where}{slash}{more}", Set_Cookie="a=b")

    def show_next(self, rest):
        """A page of data; the next one is at an address in base64."""
        where = base64.urlsafe_b64decode(rest).decode()
        body = {"_links": {"next": {"href": where}}, "_embedded": {"item": [1]}}
        self.send(json.dumps(body).encode(), Content_Type="application/hal+json")

    def show_round(self, rest):
        self.send(b"", 307, Location=f"/round/{int(rest) + 1}")

    def show_endless(self, rest):
        """Something that has no end, by its name in the query."""
        begin, piece = ENDLESS[parse_qs(urlsplit(self.path).query)["what"][0]]
        self.wfile.write(begin)
        while True:
            self.wfile.write(piece)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#: What begins an answer, and what follows for ever.
ENDLESS = {
    "body": (HEAD + b"\r\n[", b"1," * 30000),
    "headers": (HEAD, b"X-A: b\r\n" * 1000),
    "header": (HEAD + b"X-A: ", b"b" * 10000),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"2710\r\n" + b"1" * 10000 + b"\r\n"),
    "status": (b"HTTP/1.1 200 ", b"O" * 10000),
}


def bomb():
    """Spaces by the gigabyte, pressed into pieces."""
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    return press.compress(b" " * (64 << 20)) + press.flush(zlib.Z_FULL_FLUSH)


ENDLESS["bomb"] = (HEAD + b"Content-Encoding: gzip\r\n\r\n" + bomb(), b"")


class Relay(socketserver.ThreadingUnixStreamServer):
    """Leads from a socket in a folder to the server."""

    daemon_threads = True

    def __init__(self, path):
        super().__init__(str(path), Through)


class Through(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            there = socket.create_connection((LOOPBACK, PORT))
        except ConnectionRefusedError:
            return
        with there:
            thread = threading.Thread(target=pass_on, args=(self.request, there), daemon=True)
            thread.start()
            pass_on(there, self.request)
            thread.join()


def pass_on(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:  # one of the two has hung up
        return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
