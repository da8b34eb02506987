"""What the commands of builds printed, as files."""

from functools import partial

from ec_builds.services.kept import Kept
from ec_builds.storage.joined import Joined
from ec_builds.store.log import LogSegment


class Logs:
    def __init__(self, storage):
        self.storage, self.kept = storage, Kept(storage)

    def of_build(self, build_id):
        """The log of a build as it is now; what is not printed yet is not in it.

        A log is only ever added to, so that its size tells one state of it from all others.
        Raises Unavailable if the storage does not answer.
        """
        size = LogSegment.length(build_id)
        file = Joined(self.storage, partial(LogSegment.place, build_id), size)
        return self.kept.join(file, f"build-{build_id}.txt", f"{build_id}-{size}")
