"""Connections to checked addresses, which end at a deadline or when they are told to.

httpcore asks for a host by name. The name is resolved and checked here, and nowhere
else on the way, so nobody can give a second answer. TLS and the Host header still
speak of the name.
"""

import errno
import os
import select
import socket
import ssl
import time
from functools import partial

import httpcore
import httpx

#: Seconds that are waited in one go, until it is asked again whether to go on.
PULSE = 0.25


class Interruption(BaseException):
    """Carries what a check raised past everybody who would make something else of it."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class Deadline:
    """A moment after which nothing is waited for any longer, and a check that can come first."""

    def __init__(self, seconds, check=lambda: None, clock=time.monotonic):
        self.clock, self.moment = clock, clock() + seconds
        self.asked = check

    @property
    def passed(self):
        return self.clock() >= self.moment

    def check(self):
        """Stop if somebody wants it, or if the deadline has passed."""
        try:
            self.asked()
        except BaseException as reason:
            raise Interruption(reason) from reason
        if self.passed:
            raise httpcore.ReadTimeout("The deadline has passed")


class WatchedStream(httpcore.NetworkStream):
    """A socket that never blocks for long, so that every wait can be ended.

    Without it, a server that sends a byte now and then could go on for ever.
    """

    def __init__(self, sock, deadline):
        self.socket, self.deadline = sock, deadline
        self.socket.setblocking(False)

    def connect(self, place, timeout=None):
        dial = partial(connect, self.socket, place)
        self.wait(dial, timeout, httpcore.ConnectTimeout, httpcore.ConnectError, select.POLLOUT)

    def read(self, max_bytes, timeout=None):
        receive = partial(self.socket.recv, max_bytes)
        return self.wait(
            receive, timeout, httpcore.ReadTimeout, httpcore.ReadError, select.POLLIN
        )

    def write(self, buffer, timeout=None):
        while buffer:
            send = partial(self.socket.send, buffer)
            sent = self.wait(
                send, timeout, httpcore.WriteTimeout, httpcore.WriteError, select.POLLOUT
            )
            buffer = buffer[sent:]

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        try:
            self.socket = ssl_context.wrap_socket(
                self.socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            shake = self.socket.do_handshake
            self.wait(
                shake, timeout, httpcore.ConnectTimeout, httpcore.ConnectError, select.POLLIN
            )
        except BaseException:
            self.close()
            raise
        return self

    def wait(self, action, timeout, late, failed, event):
        """Do something as soon as the socket lets it be done; `event` is what it waits for."""
        patience = Deadline(float("inf") if timeout is None else timeout)
        while True:
            self.deadline.check()
            try:
                return action()
            except ssl.SSLWantReadError:
                event = select.POLLIN
            except ssl.SSLWantWriteError:
                event = select.POLLOUT
            except BlockingIOError:
                pass
            except OSError as error:
                raise failed(error) from error
            if patience.passed:
                raise late("Nothing has come for too long")
            left = min(self.deadline.moment, patience.moment) - time.monotonic()
            self.is_ready(event, min(left, PULSE))

    def is_ready(self, event, seconds=0.0):
        poll = select.poll()
        poll.register(self.socket, event)
        # rounded up: a wait of no time would only be repeated
        return bool(poll.poll(int(max(seconds, 0) * 1000) + (seconds > 0)))

    def close(self):
        self.socket.close()

    def get_extra_info(self, info):
        if info == "ssl_object":
            return self.socket if isinstance(self.socket, ssl.SSLSocket) else None
        if info == "socket":
            return self.socket
        if info == "is_readable":
            return self.is_ready(select.POLLIN)
        return None


def connect(sock, place):
    """Begin to connect, or see what has become of it."""
    error = sock.connect_ex(place)
    if error not in (0, errno.EISCONN):
        raise OSError(error, os.strerror(error))


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that `resolve` gives for a host, and to no others."""

    def __init__(self, resolve, deadline):
        self.resolve, self.deadline = resolve, deadline

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.deadline.check()
        *others, last = self.resolve(host)
        for address in others:
            try:
                return self.connect(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self.connect(last, port, timeout)

    def connect(self, address, port, timeout):
        family, place = numeric(address, port)
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(error) from error
        try:
            stream = WatchedStream(sock, self.deadline)
            stream.connect(place, timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
        return stream


def numeric(address, port):
    """Family and place of an address, for which nobody is asked."""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=flags)
    except OSError as error:
        raise httpcore.ConnectError(error) from error
    family, *_, place = found[0]
    return family, place


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
