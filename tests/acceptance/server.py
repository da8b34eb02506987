"""A real server in a process of its own, known by its address and its token alone."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import jwt

ADDRESS = re.compile(r"is ready at (http://\S+/)")
LISTENING = re.compile(r"Listening at: (http://\S+)")
#: What a server of these tests lets its sources do: everything here is on this machine.
SETTINGS = {
    "EC_BUILDS_PRIVATE_NETWORK": "allow",
    "EC_BUILDS_GIT_PROTOCOLS": "https,ssh,http,file",
    "EC_BUILDS_GRACE": "1s",
    "EC_BUILDS_RATE_LOGINS": "off",  # all addresses are tried with tokens that are none
}
#: Seconds that a server gets to start or to end.
PATIENCE = 60


def wait_until(condition, patience=PATIENCE):
    """Wait until a condition holds. Returns what it returned."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


class Server:
    """`ec-builds serve` on a free port. It can be started again after it was stopped."""

    def __init__(self, home, *options, **settings):
        self.home, self.options, self.settings = home, options, settings
        self.log = home.with_suffix(".log")
        self.process = self.root = self.issuer = None

    @property
    def token(self):
        return (self.home / "admin-token").read_text().strip()

    def token_of(self, email, scopes=(), short=False):
        """A new token for an account, which is made if there is none; maybe in short."""
        if self.issuer is None:
            command = [sys.executable, "-m", "tests.acceptance.issue"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            self.issuer = subprocess.Popen(command, env=self.environment(), **pipes)
        wanted = ["--account", email, *(each for scope in scopes for each in ("--scope", scope))]
        self.issuer.stdin.write(f"{json.dumps(wanted)}\n")
        self.issuer.stdin.flush()
        text = self.issuer.stdout.readline().strip()
        claims = {"verify_signature": False}
        return jwt.decode(text, options=claims)["jti"] if short else text

    def environment(self):
        own = {name: text for name, text in os.environ.items() if not name.startswith("EC_BUILDS_")}
        return {**own, **SETTINGS, "EC_BUILDS_HOME": str(self.home), **self.settings}

    def start(self):
        """Start the process, and wait until it says that it is ready."""
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                self.command(),
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.root = wait_until(self.address)
        wait_until(self.is_ready)
        return self

    def command(self):
        return [sys.executable, "-m", "ec_builds", "serve", "--port", "0", *self.options]

    def address(self):
        """The root address, as soon as the server has told it."""
        assert self.process.poll() is None, self.said()
        found = ADDRESS.search(self.said())
        return found and found[1]

    def is_ready(self):
        assert self.process.poll() is None, self.said()
        try:
            return httpx.get(f"{self.root}readyz", verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def said(self):
        """All that the process has printed."""
        return self.log.read_text(errors="replace")

    def stop(self):
        """End the process by SIGTERM. Returns its exit code."""
        if self.issuer:
            self.issuer.communicate(timeout=PATIENCE)
            self.issuer = None
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def client(self, token=None):
        """An HTTP client with a token: the admin's, unless another one is given."""
        return Client(
            base_url=self.root,
            headers={"Authorization": f"Bearer {token or self.token}"},
            timeout=PATIENCE,
        )


class Hosted(Server):
    """The same application in a server of gunicorn's own, told how by its options."""

    def command(self):
        folder = str(Path(__file__).parents[2])
        given = ["--chdir", folder, "-b", "127.0.0.1:0", *self.options]
        return [sys.executable, "-m", "gunicorn", "wsgi:app", *given]

    def address(self):
        found = LISTENING.search(self.said())
        return found and f"{found[1]}/"


class Client(httpx.Client):
    """An HTTP client with words for what tests do all the time.

    It needs no certificates, which take longer to read than most requests take.
    """

    def __init__(self, **options):
        super().__init__(verify=False, **options)

    def make(self, address, **body):
        """POST a body. Returns the document of what was created."""
        answer = self.post(address, json=body)
        assert answer.status_code == 201, answer.text
        document = answer.json()
        assert answer.headers["Location"] == document["_links"]["self"]["href"]
        return document

    def read(self, address):
        """The document at an address."""
        answer = self.get(address)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def finished(self, run, patience=PATIENCE):
        """A build or a deployment as it is at its end."""

        def look():
            document = self.read(address_of(run))
            return document if document["successful"] != "running" else None

        return wait_until(look, patience)


def address_of(document, relation="self"):
    return document["_links"][relation]["href"]


def link(document):
    """A link to a document, as bodies contain it."""
    return {"href": address_of(document)}
