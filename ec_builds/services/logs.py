"""What the commands of builds printed, as files."""

from functools import partial

from ec_builds.store.log import LogSegment


class Logs:
    def __init__(self, kept):
        self.kept = kept

    def of_build(self, build_id):
        """The log of a build as it is now; what is not printed yet is not in it.

        A log is only ever added to, so that its size tells one state of it from all others.
        Raises Unavailable if the storage does not answer.
        """
        size, find = LogSegment.length(build_id), partial(LogSegment.place, build_id)
        return self.kept.join(find, size, f"build-{build_id}.txt", f"{build_id}-{size}")
