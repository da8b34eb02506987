"""Deployed sites as visitors see them, and files that are kept for download."""

from dataclasses import dataclass
from typing import BinaryIO

from ec_builds.store import lists
from ec_builds.store.site import Site


@dataclass(frozen=True)
class Found:
    """A file to send: its bytes, a name, and a tag that changes when they do."""

    file: BinaryIO
    name: str
    size: int
    tag: str


def found(storage, key, name, tag):
    """What the storage keeps under a key, or None."""
    try:
        file = storage.open(key)
    except KeyError:
        return None
    return Found(file, name, storage.size(key), tag)


class Sites:
    def __init__(self, storage):
        self.storage = storage

    def find(self, path):
        """What a site has at a path. Returns a Found, a path to go to instead, or None.

        A folder shows its index document; without the slash at its end the
        visitor is sent there, so that relative links work.
        """
        site, rest = Site.serving(path)
        if site is None:
            return None
        if rest == "":
            return f"{path}/"
        rest = rest.lstrip("/")
        if rest == "" or rest.endswith("/"):
            return self.open(site, f"{rest}index.html")
        if self.storage.size(f"{site.prefix}/{rest}") is not None:
            return self.open(site, rest)
        if self.storage.size(f"{site.prefix}/{rest}/index.html") is not None:
            return f"{path}/"
        return None

    def missing(self, path):
        """The page that a site shows for what it does not have, or None."""
        site, _ = Site.serving(path)
        return site and self.open(site, "404.html")

    def open(self, site, name):
        tag = f"{site.deployment_id}-{site.prefix[-8:]}"
        return found(self.storage, f"{site.prefix}/{name}", name.rpartition("/")[2], tag)


class Files:
    """Zips of builds, and what targets keep."""

    def __init__(self, storage):
        self.storage = storage

    def of_build(self, build_id):
        """The zip of a successful build, or None."""
        build = lists.BUILDS.get(build_id)
        if build is None or build.result_key is None:
            return None
        sha256 = build.location["config"]["sha256"]
        return found(self.storage, build.result_key, f"build-{build_id}.zip", sha256)

    def of_deployment(self, deployment_id, target_id, name):
        """What a target of a deployment keeps, or None."""
        deployment = lists.DEPLOYMENTS.get(deployment_id)
        address = f"files/deployments/{deployment_id}/{target_id}/{name}"
        if deployment is None or address not in (deployment.results or ()):
            return None
        key = deployment.kept_key(target_id)
        return found(self.storage, key, name, f"{deployment_id}-{target_id}")
