"""The name of an image: where it is, what it is called, and which one of that name it is."""

import re
from dataclasses import dataclass, replace

from ec_builds.oci.errors import ImageError

PUBLIC = "docker.io"
#: Other names of the public registry.
ALIASES = ("index.docker.io", "registry-1.docker.io", "registry.docker.io")
LONGEST = 1000
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"{COMPONENT}(?:/{COMPONENT})*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?")


@dataclass(frozen=True)
class Reference:
    """An image of a registry. Has a tag, a digest, or both, of which the digest counts."""

    host: str
    repository: str
    tag: str | None = None
    digest: str | None = None
    #: Whether the registry is asked without TLS.
    is_plain: bool = False

    @classmethod
    def read(cls, image, registry=None):
        """A reference from what a person wrote, and the registry if that was given apart.

        A registry that was given wins; if the image begins with the same host, that is
        dropped. Without, the image may begin with a host: what contains a dot or a colon,
        so `localhost/img` is a name of the public registry, and `localhost:5000/img` is not.
        Raises ImageError.
        """
        image = image.strip()
        if len(image) > LONGEST or len(registry or "") > LONGEST:
            raise ImageError("The name of the image or of its registry is too long")
        first, slash, rest = image.partition("/")
        if registry and registry.strip():
            scheme, host = registry_host(registry.strip())
            if slash and plain_name(first) == host:
                image = rest
        elif slash and ("." in first or ":" in first):
            scheme, host = "", plain_name(first)
            image = rest
        else:
            scheme, host = "", PUBLIC
        repository, tag, digest = divided(image)
        if host == PUBLIC and "/" not in repository:
            repository = f"library/{repository}"
        is_plain = scheme == "http" or not scheme and is_loopback(host)
        return cls(checked_host(host), checked_repository(repository), tag, digest, is_plain)

    @property
    def wanted(self):
        """What a registry is asked for: the digest, else the tag."""
        return self.digest or self.tag

    def pinned(self, digest):
        """The same image, whatever becomes of its tag."""
        return replace(self, digest=digest)

    def __str__(self):
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.host}/{self.repository}{tag}{digest}"


def registry_host(text):
    """Scheme, if there is one, and host of a registry as people write it."""
    match = re.fullmatch(r"(?:(https?)://)?([^/]+?)(?:/(?:v[12]/?)?)?", text, re.IGNORECASE)
    if match is None:
        raise ImageError(
            "The registry should be a host such as registry.example.com:5000; "
            "what comes after it is a part of the image"
        )
    return (match[1] or "").lower(), plain_name(match[2])


def plain_name(host):
    """A host as it is compared: in lower case, and the public registry by one name."""
    host = host.lower()
    return PUBLIC if host in ALIASES else host


def divided(image):
    """Repository, tag and digest of an image without a host."""
    name, at, digest = image.partition("@")
    if at and not DIGEST.fullmatch(digest):
        raise ImageError("The digest of an image should be sha256: and 64 hexadecimal digits")
    repository, colon, tag = name.partition(":")
    if colon:
        checked_tag(tag)
    return repository, tag or (None if at else "latest"), digest or None


def checked_host(host):
    if not HOST.fullmatch(host) or len(host) > 255 or ".." in host:
        raise ImageError("The registry is not the name of a host, with a port or without")
    port = re.search(r":([0-9]+)$", host)
    if port and not 0 < int(port[1]) < 65536:
        raise ImageError("The port of the registry should be a number from 1 to 65535")
    return host


def checked_repository(repository):
    if len(repository) > 255 or not REPOSITORY.fullmatch(repository):
        raise ImageError(
            "The name of an image should be of small letters and digits, parted by slashes, "
            "dots, dashes and underscores, such as team/server:1.4"
        )
    return repository


def checked_tag(tag):
    if not TAG.fullmatch(tag):
        raise ImageError(
            "The tag of an image should be up to 128 letters, digits, dots, dashes and underscores"
        )
    return tag


def is_loopback(host):
    """Whether a registry is on this very machine, where nobody asks for TLS."""
    return bool(LOOPBACK.fullmatch(host))
