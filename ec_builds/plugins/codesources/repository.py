"""The address of a git repository: taken apart, checked, and put together again."""

import ipaddress
import re
from dataclasses import dataclass, replace

from ec_builds.errors import BuildError
from ec_builds.plugins import paths

#: Protocols that can be allowed at all, and their ports. All others, above all those that
#: name a program to run, can never be.
PORTS = {"https": 443, "http": 80, "ssh": 22, "git": 9418, "file": None}

URL = re.compile(r"([a-z][a-z0-9+.-]*)://([^/]*)(/.*)?", re.IGNORECASE)
#: As in git@host:path; what has two colons names a program.
SCP = re.compile(r"(?:([^@:/]+)@)?(\[[^\]/@]+\]|[^@:/\[\]]+):(?!:)(.+)")
LABEL = "[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
HOST = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
#: What may not be in a path: spaces and control characters, also in their encoded form,
#: and where a query begins.
UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0?#\\\u2028\u2029]|%[01][0-9a-f]|%7f", re.IGNORECASE)


@dataclass(frozen=True)
class Repository:
    """Where a repository is."""

    scheme: str
    host: str
    path: str
    user: str | None = None
    port: int | None = None
    #: Whether the path is relative to where the server of ssh thinks it should be.
    short: bool = False

    @classmethod
    def at(cls, giturl, protocols):
        """Take an address apart, if it is one that is allowed."""
        if paths.CONTROL.search(giturl):
            raise BuildError("The giturl contains control characters")
        if url := URL.fullmatch(giturl):
            return cls.from_url(url, protocols)
        if scp := SCP.fullmatch(giturl):
            return cls.from_scp(scp, protocols)
        raise BuildError(
            "The giturl is not an address such as https://host/path or git@host:path"
        )

    @classmethod
    def from_url(cls, url, protocols):
        scheme, authority, path = url[1].lower(), url[2], url[3] or ""
        allow(scheme, protocols)
        user, at, place = authority.rpartition("@")
        if at and (scheme != "ssh" or ":" in user):
            raise BuildError(
                "The giturl must not contain a user or a password", reason="credentials"
            )
        check_path(path)
        if scheme == "file":
            if place not in ("", "localhost"):
                raise BuildError("A giturl with file:// names no host, as in file:///path")
            return cls(scheme, "", path)
        name, port = split(place)
        return cls(scheme, host(name), path, checked_user(user), port)

    @classmethod
    def from_scp(cls, scp, protocols):
        user, name, path = scp.groups()
        allow("ssh", protocols)
        check_path(path)
        return cls("ssh", host(name), path, checked_user(user), short=True)

    @property
    def url(self):
        """The address as git is given it."""
        return self.through(self.host)

    @property
    def root(self):
        """The address of its server alone."""
        return replace(self, user=None, path="/", short=False).url

    def through(self, place):
        """The address with another host in it."""
        place = f"[{place}]" if ":" in place else place
        user = f"{self.user}@" if self.user else ""
        if self.short:
            return f"{user}{place}:{self.path}"
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{user}{place}{port}{self.path}"

    @property
    def effective_port(self):
        return self.port or PORTS[self.scheme]


def allow(scheme, protocols):
    """Refuse a protocol that is not allowed."""
    allowed = [each for each in protocols if each in PORTS]
    if scheme not in allowed:
        raise BuildError(
            f"The protocol {scheme} is not allowed for code sources here, "
            f"only {', '.join(allowed) or 'none'}; EC_BUILDS_GIT_PROTOCOLS is where its operator "
            "says so",
            protocol=scheme,
            allowed=allowed,
            setting="EC_BUILDS_GIT_PROTOCOLS",
        )


def split(place):
    """Host and port of an authority."""
    name, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        return place, None
    if not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
        raise BuildError("The port of the giturl is not one", reason="port")
    return name, int(port)


def host(text):
    """A host name or an address in the one form in which everyone understands the same."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "%" in bare:  # whatever follows would count as the name of a card of this machine
        raise BuildError("The giturl names no valid host", reason="host")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    try:
        name = text.encode("idna").decode().lower().rstrip(".")
    except UnicodeError:
        name = ""
    last = name.rpartition(".")[2]
    # 0x7f.1 is an address for some and a name for others
    if not HOST.fullmatch(name) or re.fullmatch(r"\d+|0x[0-9a-f]*", last):
        raise BuildError("The giturl names no valid host", reason="host")
    return name


def checked_user(user):
    if user and not USER.fullmatch(user):
        raise BuildError("The user in the giturl is not a valid name", reason="user")
    return user or None


def check_path(path):
    if not path.strip("/"):
        raise BuildError("The giturl names no repository, only a host", reason="path")
    if UNFIT.search(path) or path.lstrip("/").startswith("-"):
        raise BuildError(
            "The path in the giturl contains something that does not belong there", reason="path"
        )
