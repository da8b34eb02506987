"""The one way out to addresses that a user gave.

Whoever fetches code or data, or calls a hook, asks this room. It resolves a host
once, refuses addresses that only the server itself can reach, and connects to
exactly the address it has checked; sizes, times and redirects have their limits.
What goes wrong is a Fault, a BuildError, for the author of the address can mend it.
"""

import os
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache

import httpx

from ec_builds.network import addresses
from ec_builds.network.client import converse, exchange, tell
from ec_builds.network.faults import Fault, Unanswered

__all__ = ["Fault", "Network", "Unanswered"]

#: Addresses of one host that are tried; each takes its time, and git is told all of them.
MOST_ADDRESSES = 16


def _from_environment(name):
    return field(default_factory=lambda: os.environ.get(name) or None)


def _go_on():
    """Nobody wants anything to stop."""


@dataclass(frozen=True)
class Network:
    """What may be reached from here, and how patiently."""

    #: `allow` to let loopback, private and link-local addresses be reached.
    private: str = "deny"
    #: What a code source may use; git itself knows https, ssh, http, git and file.
    git_protocols: tuple[str, ...] = ("https", "ssh")
    #: Seconds for one address in all, with redirects and body.
    timeout: float = 300.0
    #: Seconds without a single byte.
    patience: float = 30.0
    #: Bytes of one body, after decompression.
    size_limit: int = 1 << 30
    #: Redirects on the way to one body.
    redirects: int = 5
    #: Asks the name service; what else it is than `addresses.lookup` is up to tests.
    lookup: Callable[[str], Iterable[str]] = addresses.lookup
    #: Certificates to believe in, in place of the usual ones.
    ca_file: str | None = _from_environment("SSL_CERT_FILE")
    ca_folder: str | None = _from_environment("SSL_CERT_DIR")
    #: Whether a certificate has to be good; if not, nobody knows who is at the other end.
    verified: bool = True
    #: Raises if whoever asks has to stop; what it raises comes out as it is.
    check: Callable[[], None] = _go_on

    def watched(self, check):
        """A network like this one, that calls `check` twice a second at least while it waits.

        Only the name service is waited for without.
        """
        return replace(self, check=check)

    def resolve(self, host):
        """The addresses of a host, if all of them may be reached.

        One bad address among good ones is enough to refuse: nobody honest publishes
        such a mixture. Of many, only the first few are told.
        """
        try:
            found = tuple(dict.fromkeys(self.lookup(host)))
        except (OSError, ValueError) as error:  # ValueError: no name service takes such a name
            raise Fault(f"The host “{host}” could not be found", host=host) from error
        if not found:
            raise Fault(f"The host “{host}” has no address", host=host)
        if self.private != "allow":
            for address in found:
                if kind := addresses.refusal(address):
                    raise Fault(
                        f"The host “{host}” has {kind}, which this server does not reach out to "
                        "unless its operator sets EC_BUILDS_PRIVATE_NETWORK to allow",
                        host=host,
                        reason=kind,
                    )
        return found[:MOST_ADDRESSES]

    def open(self, url, headers=None, limit=None):
        """Ask for a url; a context manager that yields an `Answer`, whose body is streamed.

        headers are for the origin of the url, and are left out when it redirects elsewhere.
        limit: bytes, if fewer than `size_limit`.
        """
        return exchange(self, url, headers or {}, min(limit or self.size_limit, self.size_limit))

    def get(self, url, headers=None, limit=None):
        """Ask for a url, and read the whole `Answer` into its `body`."""
        with self.open(url, headers, limit) as answer:
            answer.read()
        return answer

    def ask(self, method, url, headers=None, body=None, limit=None):
        """Send any request; a context manager that yields an `Answer`, whatever its status is.

        body: bytes; or an iterator of them, whose `content-length` is among the headers.
        Only GET and HEAD are redirected, with headers as in `open`.
        """
        most = min(limit or self.size_limit, self.size_limit)
        return converse(self, method, url, headers or {}, body, most)

    def send(self, url, body, headers):
        """POST some bytes to a url. Returns the status of the answer, whatever it is.

        Nothing else of the answer is read, and no redirect is followed.
        """
        return tell(self, url, body, headers)

    @property
    def certificates(self):
        """Whom to believe."""
        return _certificates(self.ca_file, self.ca_folder) if self.verified else _anybody()


@cache
def _anybody():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@cache
def _certificates(file, folder):
    """Made once, since reading all the certificates takes its time."""
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    return httpx.create_ssl_context(trust_env=False)
