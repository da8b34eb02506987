"""The queue is a table: the next run that is wanted, and the claim to it."""

import time
from dataclasses import dataclass

from ec_builds.store.build import Build
from ec_builds.store.deployment import Deployment

#: Seconds for which a claim holds without being renewed.
LEASE = 15.0
#: Runs looked at before giving up because others are faster.
CANDIDATES = 20

KINDS = (Deployment, Build)


@dataclass(frozen=True)
class Claim:
    """That a worker owns a run, until a claim with a higher fence is made."""

    run: type
    run_id: int
    fence: int

    @property
    def name(self):
        """What this attempt is called among the folders of its machine."""
        return attempt(self.run, self.run_id, self.fence)

    @property
    def prefix(self):
        """Where everything lies that this attempt stores; no other attempt writes there."""
        return stored(self.run, self.run_id, self.fence)

    def give_back(self, message):
        """Let somebody else try. Says whether it was still ours."""
        return self.run.give_back(self.run_id, self.fence, message)

    def renew(self):
        """Keep it for another while. Returns the run's state, or None if it is lost."""
        return self.run.renew(self.run_id, self.fence, time.time() + LEASE)

    def state(self):
        """The run's state, or None if the claim is lost."""
        return self.run.state_under(self.run_id, self.fence)


def attempt(run, run_id, fence):
    """The name of an attempt at a run."""
    return f"{run.place}-{run_id}-{fence}"


def stored(run, run_id, fence):
    """What all keys begin with that an attempt stores."""
    return f"{run.place}/{run_id}/{fence}"


def claim(worker):
    """Claim the run that has waited longest. None if nothing is wanted, or others were faster.

    Deployments go first: they are short, and somebody waits for a site.
    """
    for kind in KINDS:
        for run_id, known in kind.waiting(CANDIDATES):
            fence = kind.claim(run_id, known, worker, time.time() + LEASE)
            if fence is not None:
                return Claim(kind, run_id, fence)
    return None
