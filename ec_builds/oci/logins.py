"""What a registry is shown to be let in: a user and a password, or a token."""

import base64
import binascii
import re
from dataclasses import dataclass, field

import orjson

from ec_builds.oci.errors import ImageError
from ec_builds.oci.reference import plain_name

SETTING = "EC_BUILDS_REGISTRY_LOGINS"


@dataclass(frozen=True)
class Login:
    """A user and a password, or a token. Shows neither to anybody who prints it."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, auth):
        """A login from base64 of `user:password` or of container clients' JSON, or a token."""
        auth = auth.strip()
        if not re.fullmatch(r"[\x21-\x7e]{1,65536}", auth):
            raise ImageError("The credential should be base64 of user:password, or a token")
        text = decoded(auth)
        if text and text.startswith("{"):
            return cls.found(text) or cls(token=auth)
        user, colon, password = (text or "").partition(":")
        return cls(user, password) if user and colon else cls(token=auth)

    @classmethod
    def found(cls, text):
        """A login from a JSON object of container clients, or None."""
        try:
            entry = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        return cls.of(entry)

    @classmethod
    def of(cls, entry):
        """The same from the object itself."""
        told = {
            name: value for name, value in entry.items() if isinstance(value, str) and value.strip()
        }
        if token := told.get("identitytoken") or told.get("registrytoken"):
            return cls(token=token.strip())
        if "auth" in told:
            return cls.read(told["auth"])
        if "username" in told and "password" in told:
            return cls(told["username"], told["password"])
        return None

    @property
    def basic(self):
        """A header's value that says user and password."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def decoded(auth):
    """The printable text that some base64 stands for, or None."""
    padded = auth + "=" * (-len(auth) % 4)
    try:
        text = base64.b64decode(padded, altchars=b"-_" if {"-", "_"} & {*auth} else None,
                                validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if text.isprintable() else None


class Logins:
    """The logins of a file as container clients keep it; it is read anew whenever one is wanted."""

    def __init__(self, path=None):
        self.path = path

    def find(self, host):
        """The login for the registry of a host, or None. Raises ImageError for a bad file."""
        return self.read().get(plain_name(host))

    def read(self):
        """Every login by its host."""
        if self.path is None:
            return {}
        try:
            document = orjson.loads(self.path.read_bytes())
            entries = document.get("auths", {})
            return {
                key_host(key): login
                for key, entry in entries.items()
                if key_host(key) and (login := Login.of(entry))
            }
        except OSError as error:
            raise ImageError(f"The file of {SETTING} cannot be read: {error.strerror}") from error
        except (orjson.JSONDecodeError, AttributeError, ImageError):
            raise ImageError(
                f"The file of {SETTING} is not one of logins: "
                'it should be JSON such as {"auths": {"registry.example.com": {"auth": "…"}}}'
            ) from None


def key_host(key):
    """The registry that an entry is for; None if it is for a part of one."""
    match = re.fullmatch(r"(?:https?://)?([^/]+)(?:/(?:v[12]/?)?)?", key, re.IGNORECASE)
    return match and plain_name(match[1])
