"""Control groups, where the server may make some: the kernel itself keeps to limits there."""


class NoGroup:
    """Where none can be made, looking at processes has to do."""

    def enter(self, number):
        """Nothing to enter."""

    def reached(self):
        """The name of the limit that was reached, or None."""
        return None

    def remove(self):
        """Nothing to remove."""


class NoGroups:
    says = "limits are sampled"

    def make(self, limits):
        return NoGroup()
