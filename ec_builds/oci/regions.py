"""Regions: each has a registry of the operator's, which every image is pushed to."""

import re
from dataclasses import dataclass

from ec_builds.oci.reference import (
    Reference, checked_host, checked_repository, checked_tag, is_loopback,
)

#: What clients know, in the order in which it came to be.
NAMES = (
    "Seattle", "Washington_DC", "Chicago", "London", "Frankfurt", "Mumbai", "Singapore",
    "Tokyo", "Sydney", "Sao_Paulo", "Los_Angeles", "Dallas", "Johannesburg", "Dubai",
)


@dataclass(frozen=True)
class Region:
    """A region, and where in its registry images are kept."""

    name: str
    host: str
    prefix: str = ""  #: what the names of all its repositories begin with
    is_plain: bool = False  #: whether the registry is asked without TLS

    @classmethod
    def read(cls, name, address):
        """A region from its setting, such as `https://fra.example.com/games`."""
        scheme, host, prefix = re.fullmatch(r"(?:(https?)://)?([^/]*)/?(.*?)/?", address).groups()
        is_plain = scheme == "http" or scheme is None and is_loopback(host.lower())
        prefix = prefix and checked_repository(prefix)
        return cls(name, checked_host(host.lower()), prefix, is_plain)

    def reference(self, repository, tag):
        """The name of an image here."""
        whole = f"{self.prefix}/{repository}" if self.prefix else repository
        return Reference(
            self.host, checked_repository(whole), checked_tag(tag), is_plain=self.is_plain
        )
