"""Shows builds while they run, to whoever watches them."""

from ec_builds.watch.watch import Watch

__all__ = ["Watch"]
