"""How the command line reaches a server: its root, and a token for it."""

import logging
from urllib.parse import urlsplit

from ec_builds.client import Session
from ec_builds.client.session import is_loopback

log = logging.getLogger(__name__)

ROOT = "http://127.0.0.1:7470/"
#: The file in a server's home that says where it listens, or has listened last.
ADDRESS = "address"


def connect(config, root=None, token=None):
    """A session with the server at `root`, or with the one that is configured here.

    The admin's token from this machine is shown to that server and to this machine only.
    """
    ours = config.public_url or last_root(config) or ROOT
    root = root or ours
    if not token and (root.rstrip("/") == ours.rstrip("/") or is_local(root)):
        token = admin_token(config)
    return Session(root, token)


def is_local(root):
    try:
        return is_loopback(urlsplit(root).hostname or "")
    except ValueError:
        return False


def admin_token(config):
    """The token that a server on this machine has left in its home, or None."""
    return left(config.home / "admin-token")


def last_root(config):
    """The root that a server on this machine has left in its home, or None."""
    return left(config.home / ADDRESS)


def leave_root(config, root):
    """Leave a server's root in its home. Without it, whoever comes has to name it."""
    try:
        (config.home / ADDRESS).write_text(f"{root}\n")
    except OSError as error:
        log.warning("The address of this server cannot be left in its home: %s", error)


def left(path):
    try:
        return path.read_text().strip() or None
    except OSError:
        return None
