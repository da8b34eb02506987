"""What apps have built and deployed so far."""

from ec_builds.lists import catalog
from ec_builds.services.collection import Collection
from ec_builds.store.stats import STATS


class Stats(Collection):
    kind, listing, rows = "stats", catalog.STATS, STATS
