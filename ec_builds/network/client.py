"""Asks for a url, follows where it leads, and reads what comes, all within limits."""

import io
import ssl
from contextlib import closing, contextmanager

import httpcore
import httpx

from ec_builds.network import urls
from ec_builds.network.connections import Deadline, Interruption, Transport
from ec_builds.network.faults import Fault, Unanswered

#: Headers that another origin may see as well, when it is redirected to.
HARMLESS = ("accept", "accept-encoding", "user-agent")
REDIRECTS = (301, 302, 303, 307, 308)
#: What may be asked again elsewhere; nothing that was sent is sent to anybody else.
FOLLOWING = ("GET", "HEAD")
#: Of bodies: what is asked for, and nothing that some library might understand as well.
CODINGS = ("", "gzip", "identity")
TIMEOUTS = (httpcore.TimeoutException, httpx.TimeoutException)
FAILURES = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpx.TransportError,
    httpx.DecodingError,
    ValueError,  # a header that cannot be sent
)


class Answer:
    """What came back from a url: where from in the end, how, and a body to be read once."""

    def __init__(self, response, exchanged):
        self.url = str(response.url)
        self.status, self.headers = response.status_code, response.headers
        self.body = None
        self._response, self._exchange = response, exchanged

    @property
    def content_type(self):
        """The media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def facts(self):
        """What an event should say of it."""
        facts = {"url": urls.shown(self.url), "status": self.status}
        return facts | ({"contentType": self.content_type} if self.content_type else {})

    def chunks(self):
        """The body, piece by piece; ends with an error when there are too many of them."""
        size = 0
        with self._exchange.told(self.url):
            for chunk in self._response.iter_bytes():
                size += len(chunk)
                if size > self._exchange.limit:
                    raise self._exchange.too_large(self.url)
                yield chunk

    def read(self):
        """The whole body, which is also kept in `body`."""
        whole = io.BytesIO()  # which needs no second copy of all pieces
        for chunk in self.chunks():
            whole.write(chunk)
        self.body = whole.getvalue()
        return self.body


@contextmanager
def exchange(network, url, headers, limit):
    """Ask for a url, and yield the answer at the end of its redirects."""
    exchanged = Exchange(network, limit)
    with closing(exchanged.transport), closing(exchanged.ask(url, headers)) as response:
        answer = Answer(response, exchanged)
        exchanged.examine(response, answer.facts)
        yield answer


@contextmanager
def converse(network, method, url, headers, body, limit):
    """Send a request of any method, and yield the answer, whatever its status is."""
    exchanged = Exchange(network, limit)
    with (
        closing(exchanged.transport),
        closing(exchanged.ask(url, headers, method, body)) as response,
    ):
        answer = Answer(response, exchanged)
        exchanged.examine_body(response, answer.facts)
        yield answer


def tell(network, url, body, headers):
    """POST some bytes to a url. Returns the status of the answer."""
    exchanged = Exchange(network, 0)
    with closing(exchanged.transport), exchanged.told(urls.checked(url)):
        request = httpx.Request("POST", url, headers=headers, content=body)
        with closing(exchanged.transport.handle_request(request)) as response:
            return response.status_code


class Exchange:
    """One question, with the redirects that it takes to be answered."""

    def __init__(self, network, limit):
        self.network, self.limit = network, limit
        self.deadline = Deadline(network.timeout, network.check)
        self.transport = Transport(network, self.deadline)

    def ask(self, url, headers, method="GET", body=None):
        """Send the request, and follow its redirects. Returns a response that is not read yet."""
        first = url = urls.checked(url)
        headers = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": "ec-builds"} | {
            name.lower(): value for name, value in headers.items()
        }
        for _ in range(self.network.redirects + 1):
            with self.told(url):
                request = httpx.Request(method, url, headers=headers, content=body)
                response = self.transport.handle_request(request)
            if method not in FOLLOWING or not is_redirect(response):
                return response
            response.close()
            following = urls.joined(url, response.headers["location"])
            if urls.origin(following) != urls.origin(url):
                # for good: who was led away and back again was led by a stranger
                headers = {name: headers[name] for name in HARMLESS}
            url = following
        raise Fault(
            f"{urls.shown(first)} was redirected more than {self.network.redirects} times",
            url=urls.shown(first),
            reason="redirects",
        )

    def examine(self, response, facts):
        """Refuse answers that are none, and bodies that are not to be read."""
        if not response.is_success:
            reason = httpx.codes.get_reason_phrase(response.status_code)
            told = f"{facts['url']} answered with {response.status_code} {reason}".strip()
            raise Fault(told, **facts)
        self.examine_body(response, facts)

    def examine_body(self, response, facts):
        """Refuse encodings that nobody asked for, and more than will be read."""
        coding = response.headers.get("content-encoding", "").strip().lower()
        if coding not in CODINGS:  # others, and several at once, grow without measure
            raise Fault(f"{facts['url']} answered in an encoding not asked for", **facts)
        announced = response.headers.get("content-length", "")
        has_body = response.request.method != "HEAD"
        if has_body and announced.isdecimal() and int(announced[:20]) > self.limit:
            raise self.too_large(response.url)

    def too_large(self, url):
        return Fault(
            f"{urls.shown(url)} sent more than {self.limit} bytes",
            url=urls.shown(url),
            reason="size",
            limit=self.limit,
        )

    @contextmanager
    def told(self, url):
        """Turn failures of the network into sentences."""
        facts = {"url": urls.shown(url)}
        try:
            yield
        except Interruption as interruption:
            raise interruption.reason
        except TIMEOUTS as error:
            if self.deadline.passed:
                told = f"took longer than {self.network.timeout:g} seconds"
            else:
                told = f"did not answer for {self.network.patience:g} seconds"
            raise Unanswered(f"{facts['url']} {told}", **facts, reason="timeout") from error
        except httpcore.LocalProtocolError:  # its message would quote the header
            raise Fault(
                f"The request to {facts['url']} could not be sent, a header is not valid", **facts
            ) from None
        except FAILURES as error:
            told = f"{facts['url']} could not be read: {reason(error)}"
            raise Unanswered(told, **facts, reason=reason(error)) from error


def is_redirect(response):
    return response.status_code in REDIRECTS and "location" in response.headers


def reason(error):
    """Why it failed, in the words of whoever knows best."""
    cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not valid, {cause.verify_message}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(error) or type(error).__name__
