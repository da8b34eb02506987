"""Connections to checked addresses, which end at a deadline.

httpcore asks for a host by name. The name is resolved and checked here, and nowhere
else on the way, so nobody can give a second answer. TLS and the Host header still
speak of the name.
"""

import time

import httpcore
import httpx


class Deadline:
    """A moment after which nothing is waited for any longer."""

    def __init__(self, seconds, clock=time.monotonic):
        self.clock, self.moment = clock, clock() + seconds

    @property
    def passed(self):
        return self.clock() >= self.moment

    def left(self, most=None):
        """The seconds to wait for one thing, `most` at most."""
        seconds = self.moment - self.clock()
        if seconds <= 0:
            raise httpcore.ReadTimeout("The deadline has passed")
        return seconds if most is None else min(most, seconds)


class TimedStream(httpcore.NetworkStream):
    """A stream on which each wait is cut off at the deadline.

    Without it, a server that sends a byte now and then could go on for ever.
    """

    def __init__(self, stream, deadline):
        self.stream, self.deadline = stream, deadline

    def read(self, max_bytes, timeout=None):
        return self.stream.read(max_bytes, self.deadline.left(timeout))

    def write(self, buffer, timeout=None):
        self.stream.write(buffer, self.deadline.left(timeout))

    def close(self):
        self.stream.close()

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        secured = self.stream.start_tls(
            ssl_context, server_hostname, self.deadline.left(timeout)
        )
        return TimedStream(secured, self.deadline)

    def get_extra_info(self, info):
        return self.stream.get_extra_info(info)


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that `resolve` gives for a host, and to no others."""

    def __init__(self, resolve, deadline):
        self.resolve, self.deadline = resolve, deadline
        self.sockets = httpcore.SyncBackend()

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        *others, last = self.resolve(host)
        for address in others:
            try:
                return self.connect(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self.connect(last, port, timeout)

    def connect(self, address, port, timeout):
        stream = self.sockets.connect_tcp(address, port, self.deadline.left(timeout))
        return TimedStream(stream, self.deadline)


class Body(httpx.SyncByteStream):
    """The body of an answer as httpx wants it, from where httpcore has it."""

    def __init__(self, stream):
        self.stream = stream

    def __iter__(self):
        yield from self.stream

    def close(self):
        self.stream.close()


class Transport(httpx.BaseTransport):
    """Sends requests of httpx over checked connections.

    It is used without a client of httpx around it: there is nothing to keep between
    requests, and the client would write whole urls, secrets included, to the log.
    """

    def __init__(self, network, deadline):
        self.patience = network.patience
        self.pool = httpcore.ConnectionPool(
            ssl_context=network.certificates,
            network_backend=CheckedBackend(network.resolve, deadline),
        )

    def handle_request(self, request):
        url = request.url
        answer = self.pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write"), self.patience)},
            )
        )
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=Body(answer.stream),
            extensions=answer.extensions,
            request=request,
        )

    def close(self):
        self.pool.close()
