"""A conversation with one server: its root, a token, and the connection."""

import hashlib
import ipaddress
import re
from contextlib import contextmanager
from typing import NamedTuple

import httpx

from ec_builds.client.errors import Problem, Unexpected, Unreachable
from ec_builds.client.resource import Resource

#: Seconds to connect, and seconds without a single byte.
CONNECT, PATIENCE = 10, 60
JSON = re.compile(r"application/(.+\+)?json")


class Received(NamedTuple):
    """What a download brought."""

    size: int
    sha256: str


class Session:
    """Reads and writes resources. The token is shown to the origin of the root, and to no other."""

    def __init__(self, root, token=None):
        self.address = root if root.endswith("/") else f"{root}/"
        self.token = token
        with self.told(self.address):
            self.origin = origin(httpx.URL(self.address))
            self.http = httpx.Client(
                headers={"User-Agent": "ec-builds client"},
                timeout=httpx.Timeout(PATIENCE, connect=CONNECT),
                event_hooks={"request": [self.sign]},
                # whatever proxy there is, it cannot know this machine's own addresses
                trust_env=not is_loopback(self.origin[1]),
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()

    def sign(self, request):
        """Show the token, or take it away; called for each request, redirected ones too."""
        request.headers.pop("Authorization", None)
        if self.token and origin(request.url) == self.origin:
            request.headers["Authorization"] = f"Bearer {self.token}"

    def root(self):
        """The resource at which everything begins."""
        return self.get(self.address)

    def get(self, url, known=None):
        """The resource at an address; `known` itself if that is what is still there."""
        headers = {"If-None-Match": known.etag} if known and known.etag else {}
        answer = self.ask("GET", url, headers=headers, follow_redirects=True)
        return known if answer.status_code == 304 else self.resource(answer)

    def post(self, url, body=None):
        """Create something. Returns the new resource."""
        answer = self.ask("POST", url, json={} if body is None else body)
        if not answer.content and "Location" in answer.headers:
            return self.get(str(answer.url.join(answer.headers["Location"])))
        return self.resource(answer)

    def delete(self, url):
        """Delete what is at an address. Returns the resource in the answer, or None."""
        answer = self.ask("DELETE", url)
        return self.resource(answer) if answer.content else None

    def ask(self, method, url, headers=(), **options):
        """The answer to a request. Raises Problem, Unexpected, Unreachable."""
        headers = {"Accept": "application/hal+json", **dict(headers)}
        with self.told(url):
            answer = self.http.request(method, url, headers=headers, **options)
        return checked(answer)

    def resource(self, answer):
        """The HAL document of an answer."""
        document = parsed(answer)
        if document is None:
            kind = answer.headers.get("Content-Type", "nothing")
            raise Unexpected(f"{answer.url} answered with {kind} where HAL+JSON was expected.")
        return Resource(self, document, str(answer.url), answer.headers.get("ETag"))

    def download(self, url, file, progress=None):
        """Write what is at an address into an open file. Returns how much it was, and its hash.

        progress: called with the bytes so far and those in all, which is None if unknown.
        """
        digest, size = hashlib.sha256(), 0
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        with self.told(url), self.http.stream(
            "GET", url, headers=headers, follow_redirects=True
        ) as answer:
            if answer.status_code >= 400:
                answer.read()
            checked(answer)
            total = int(answer.headers.get("Content-Length") or 0) or None
            for chunk in answer.iter_bytes():
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                if progress:
                    progress(size, total)
        return Received(size, digest.hexdigest())

    def lines(self, url, last_id=""):
        """The lines of an event stream, as they come; what has no end yet is not among them.

        last_id: the id of the last event that is known already. Raises Unexpected
        for any other answer.
        """
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        headers |= {"Last-Event-ID": last_id} if last_id else {}
        with self.told(url), self.http.stream("GET", url, headers=headers) as answer:
            if answer.status_code >= 400:
                answer.read()
            kind = checked(answer).headers.get("Content-Type", "nothing").partition(";")[0]
            if kind.strip() != "text/event-stream":
                raise Unexpected(f"{answer.url} answered with {kind} where events were expected.")
            rest = b""
            for chunk in answer.iter_bytes():
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in lines)

    @contextmanager
    def told(self, url):
        """Turn what goes wrong with a connection into a sentence."""
        try:
            yield
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise Unreachable(f"“{url}” is not an http address.") from error
        except httpx.TimeoutException as error:
            raise Unreachable(f"{url} did not answer in time.") from error
        except httpx.ConnectError as error:
            raise Unreachable(f"{url} cannot be reached: {reason(error)}.") from error
        except httpx.TooManyRedirects as error:
            raise Unexpected(f"{url} redirects without end.") from error
        except httpx.HTTPError as error:
            raise Unreachable(f"The connection to {url} broke: {reason(error)}.") from error


def checked(answer):
    """An answer that is no refusal. Raises Problem, Unexpected."""
    if answer.status_code >= 400:
        title = f"{answer.url} answered {answer.status_code} {answer.reason_phrase}".rstrip()
        raise Problem(answer.status_code, parsed(answer) or {}, title)
    if answer.has_redirect_location:  # a POST that became a GET would create nothing
        where = answer.headers["Location"]
        raise Unexpected(f"{answer.url} redirects to {where}, which only a GET may follow.")
    return answer


def parsed(answer):
    """The JSON object of an answer, or None if it is something else."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not JSON.fullmatch(kind):
        return None
    try:
        document = answer.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def origin(url):
    """Scheme, host and port: what a token is good for (RFC 6454)."""
    return url.scheme, url.host, url.port


def is_loopback(host):
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def reason(error):
    """What the system said, without its number."""
    told = re.sub(r"^\[Errno -?\d+\] ", "", str(error)).strip().rstrip(".")
    return told[:1].lower() + told[1:] if told else type(error).__name__
