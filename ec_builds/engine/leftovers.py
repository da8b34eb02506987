"""Removes images from the regions whose builds did not succeed, or are gone."""

import logging
import time

from ec_builds.oci import ImageError, Reference, Registry, withdraw
from ec_builds.store.image import is_used
from ec_builds.store.leftover import Leftover

log = logging.getLogger(__name__)

#: How many are looked at in a turn, and how often one is tried before it is left where it is.
MOST, ATTEMPTS = 100, 10
#: Seconds until one is tried again for the first time; each further time takes twice as long.
PAUSE = 60.0


class Leftovers:
    """What is left in the registries of some regions.

    regions, logins, network: see `plugins/builders/contract.py`.
    """

    def __init__(self, regions, logins, network):
        self.regions = {each.name: each for each in regions}
        self.logins, self.network = logins, network

    def turn(self, is_over=lambda: False):
        """Remove what can be removed now. Ends early when `is_over`."""
        for leftover in Leftover.waiting(time.time(), MOST):
            if is_over():
                return
            try:
                self.remove(leftover)
            except ImageError as error:
                self.postpone(leftover, error)
            else:
                leftover.delete_instance()

    def remove(self, leftover):
        """Remove an image. Raises ImageError."""
        region = self.regions.get(leftover.region)
        found = Reference.read(leftover.reference)
        if region is None or region.host != found.host:
            log.warning("%s stays: its region is elsewhere now", leftover.reference)
            return
        registry = Registry.at(self.network, region, self.logins(region.host))
        if self.withdraw(registry, found, leftover):
            log.info("Image %s was removed", leftover.reference)
        else:
            log.warning("%s stays, as its registry removes nothing", leftover.reference)

    def withdraw(self, registry, found, leftover):
        """Take an image out of a registry; another build may have left the very same, be it that
        it still runs."""
        digest, app_id = registry.resolve(found.repository, found.tag), leftover.app_id
        is_shared = digest is not None and (
            is_used(app_id, digest) or Leftover.is_expected(app_id, leftover.region)
        )
        return withdraw(registry, found.repository, found.tag, is_shared)

    def postpone(self, leftover, error):
        """It could not be removed now, or not at all."""
        if leftover.attempts + 1 >= ATTEMPTS:
            log.warning("%s stays: %s", leftover.reference, error)
            leftover.delete_instance()
            return
        log.info("%s is still to be removed: %s", leftover.reference, error)
        leftover.postpone(time.time() + PAUSE * 2**leftover.attempts)
