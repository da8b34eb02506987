"""Kinds of figures, and the keys under which they are kept in files."""

from bisect import bisect_left

from prometheus_client.mmap_dict import mmap_key
from prometheus_client.utils import floatToGoString


class Family:
    """Figures of one name, by their labels."""

    kept_as = None

    def __init__(self, files, name, help, labels=()):
        self.files, self.name, self.help, self.labels = files, name, help, labels
        self.keys = {}

    def key(self, ending, values, **more):
        labels = (*self.labels, *more)
        return mmap_key(self.name, self.name + ending, labels, (*values, *more.values()), self.help)

    def add(self, values=(), amount=1):
        """Add to the figure with these values of its labels."""
        if values not in self.keys:
            self.keys[values] = self.key(self.ending, values)
        self.files.add(self.kept_as, [(self.keys[values], amount)])


class Counter(Family):
    """Only grows."""

    kept_as, ending = "counter", "_total"


class Gauge(Family):
    """Goes up and down; what dead processes said of it is forgotten."""

    kept_as, ending = "gauge_livesum", ""


class Histogram(Family):
    """Lengths of time, by the smallest of some ends that they reach."""

    kept_as = "histogram"

    def __init__(self, files, name, help, labels, ends):
        super().__init__(files, name, help, labels)
        self.ends = (*ends, float("inf"))

    def observe(self, values, seconds):
        if values not in self.keys:
            parts = [self.key("_bucket", values, le=floatToGoString(end)) for end in self.ends]
            total = self.key("_sum", values)
            self.files.add(self.kept_as, [(part, 0) for part in parts])  # all have to be there
            self.keys[values] = parts, total
        parts, total = self.keys[values]
        part = parts[bisect_left(self.ends, seconds)]
        self.files.add(self.kept_as, [(total, seconds), (part, 1)])
