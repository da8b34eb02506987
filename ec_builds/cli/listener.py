"""The socket on which a server listens, taken before anything else is done."""

import errno
import socket

import click

#: Connections that wait to be accepted, as many as gunicorn would let wait.
WAITING = 2048
#: What speaks against an address: the sentence for it.
REFUSALS = {
    errno.EADDRINUSE: (
        "Port {port} of {host} is in use already; perhaps ec-builds is already running there; "
        "--port 0 takes a free one."
    ),
    errno.EADDRNOTAVAIL: "{host} is no address of this machine, so nobody can listen there.",
    errno.EACCES: "Port {port} of {host} is kept for privileged users; 7470 would not be.",
}


def listen(host, port):
    """A socket that is bound to an address. Raises ClickException with a sentence.

    Gunicorn would bind it, too, but tries for five seconds and tells each time.
    """
    family, place = address(host, port)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        told = REFUSALS.get(error.errno, "{host}:{port} cannot be listened on: {reason}.")
        raise click.ClickException(
            told.format(host=host, port=port, reason=error.strerror)
        ) from error
    return listener


def address(host, port):
    """Family and address of a host; of several, IPv4 is what people mean by localhost."""
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise click.ClickException(f"The host “{host}” could not be found.") from error
    family, *_, place = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, place
