"""How the command line reaches a server: its root, and a token for it."""

from urllib.parse import urlsplit

from ec_builds.client import Session
from ec_builds.client.session import is_loopback

ROOT = "http://127.0.0.1:7470/"


def connect(config, root=None, token=None):
    """A session with the server at `root`, or with the one that is configured here.

    The admin's token from this machine is shown to that server and to this machine only.
    """
    ours = config.public_url or ROOT
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
    try:
        return (config.home / "admin-token").read_text().strip() or None
    except OSError:
        return None
