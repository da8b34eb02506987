"""Deployed sites as visitors see them, and files that are kept for download."""

from ec_builds.auth.rules import Verb
from ec_builds.store import lists
from ec_builds.store.site import Site


class Sites:
    def __init__(self, kept):
        self.kept = kept

    def find(self, path):
        """What a site has at a path. Returns a Found, a path to go to instead, or None.

        Raises Unavailable if the storage does not answer, as all methods here.

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
        if self.kept.has(f"{site.prefix}/{rest}"):
            return self.open(site, rest)
        if self.kept.has(f"{site.prefix}/{rest}/index.html"):
            return f"{path}/"
        return None

    def missing(self, path):
        """The page that a site shows for what it does not have, or None."""
        site, _ = Site.serving(path)
        return site and self.open(site, "404.html")

    def open(self, site, name):
        tag = f"{site.deployment_id}-{site.prefix[-8:]}"
        return self.kept.find(f"{site.prefix}/{name}", name.rpartition("/")[2], tag)


class Files:
    """Zips of builds, and what targets keep."""

    def __init__(self, kept, policy):
        self.kept, self.policy = kept, policy

    def of_build(self, caller, build_id):
        """The zip of a successful build, or None. Raises InsufficientRights."""
        self.policy.require_scope(caller, Verb.READ, "build")
        build = lists.BUILDS.bare(build_id, caller.reach)
        if build is None or build.result_key is None:
            return None
        sha256 = build.location["config"]["sha256"]
        return self.kept.find(build.result_key, f"build-{build_id}.zip", sha256)

    def of_deployment(self, caller, deployment_id, target_id, name):
        """What a target of a deployment keeps, or None. Raises InsufficientRights."""
        self.policy.require_scope(caller, Verb.READ, "deployment")
        deployment = lists.DEPLOYMENTS.bare(deployment_id, caller.reach)
        address = f"files/deployments/{deployment_id}/{target_id}/{name}"
        if deployment is None or address not in (deployment.results or ()):
            return None
        key = deployment.kept_key(target_id)
        return self.kept.find(key, name, f"{deployment_id}-{target_id}")
