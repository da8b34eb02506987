"""What makes an image of a Dockerfile: programs of this machine, in the order of preference."""

from ec_builds.errors import BuildError
from ec_builds.plugins.builders.buildah import Buildah, Podman
from ec_builds.plugins.builders.docker import Docker

BUILDERS = (Buildah, Podman, Docker)


def choose(wanted):
    """The builder that an operator wants: `auto` is the first that works here.

    Raises BuildError with what is missing.
    """
    reasons = []
    for each in BUILDERS:
        if wanted in ("auto", each.name):
            lack = each.missing()
            if lack is None:
                return each()
            reasons.append(f"{each.name}: {lack}")
    raise BuildError(f"This server has nothing that builds images ({'; '.join(reasons)})")
