"""An internet of its own for one server: names, public and private addresses, and strangers.

All of it is real but small: `ec-builds serve` runs with its defaults in a network namespace in
which this machine has the addresses of `ADDRESSES`. The system's resolver asks a name service that
answers as it likes, and behind each address somebody listens and writes down who comes.

`world.py` is what runs in there; it is reached through a socket in its folder.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.acceptance.server import PATIENCE, SETTINGS, Client, Server, wait_until
from tests.lacking import NAMESPACE

PUBLIC, OTHER = "93.184.216.34", "93.184.216.35"
PRIVATE, METADATA, LOOPBACK = "10.0.0.5", "169.254.169.254", "127.0.0.1"
ADDRESSES = (PUBLIC, OTHER, PRIVATE, METADATA)
#: Where strangers listen, on each address; on no other port does anybody.
WEB, SSH, GIT = 80, 22, 9418
PORT = 7470

RESOLVER = "nameserver 127.0.0.53\noptions attempts:1 timeout:1\n"
SWITCH = "hosts: files dns\n"


class Internet(Server):
    """A server in its own internet. It ends when its standard input does."""

    def __init__(self, folder, **settings):
        super().__init__(folder / "home", **settings)
        self.folder = folder
        self.root = f"http://{LOOPBACK}:{PORT}/"

    def start(self):
        options = list(NAMESPACE)
        for name, text in (("resolv.conf", RESOLVER), ("nsswitch.conf", SWITCH)):
            file = self.folder / name
            file.write_text(text)
            options += ["--ro-bind", str(file), os.path.realpath(Path("/etc", name))]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*options, sys.executable, "-m", f"{__name__}.world", str(self.folder)],
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(self.address)
        wait_until(self.is_ready)
        return self

    def environment(self):
        """The defaults of the server, but for the protocols of git, and proxies to be ignored."""
        own = {name: text for name, text in super().environment().items() if name not in SETTINGS}
        proxies = {f"{name}_proxy": f"http://{PRIVATE}/" for name in ("http", "https", "all")}
        proxies |= {name.upper(): text for name, text in proxies.items()}
        return {**own, **proxies, "EC_BUILDS_GIT_PROTOCOLS": "https,ssh,http,git", **self.settings}

    def is_ready(self):
        assert self.process.poll() is None, self.said()
        try:
            with self.client("none") as client:
                return client.get("readyz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self):
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def client(self, token=None):
        return Client(
            base_url=self.root,
            headers={"Authorization": f"Bearer {token or self.token}"},
            transport=httpx.HTTPTransport(uds=str(self.folder / "socket")),
            timeout=PATIENCE,
        )

    def visits(self):
        """Who was visited so far: pairs of an address with its port, and a path, if any."""
        lines = (self.folder / "visits").read_text().splitlines()
        return [tuple(line.split(" ", 1)) for line in lines]

    def visited(self, *addresses):
        """The paths that were asked for at some addresses."""
        return [path for place, path in self.visits() if place.rpartition(":")[0] in addresses]
