"""Something that does not answer for a while, as the log is told: when it begins, and its end."""


class Outage:
    """Who has to wait for `what`; the log hears of the first, and that nobody has to any more."""

    def __init__(self, log, what="The storage"):
        self.log, self.what = log, what
        self.waiting = set()

    def meets(self, who, error):
        """Somebody got no answer."""
        if not self.waiting:
            self.log.error("%s does not answer: %s", self.what, error)
        self.waiting.add(who)

    def spares(self, who):
        """Somebody got an answer."""
        if who in self.waiting:
            self.waiting.discard(who)
            if not self.waiting:
                self.log.warning("%s answers again", self.what)

    def forget(self, who):
        """Somebody does not wait any longer, whatever came of it."""
        self.waiting.discard(who)
