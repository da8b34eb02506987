"""What can be asked of every list of things, and how one of them is changed."""

from functools import partial

from ec_builds.auth.policy import Policy, Verb
from ec_builds.errors import NoMatch
from ec_builds.store.database import CHANGE, after_commit, now, transaction


class Collection:
    """The living things of one kind. `listing` says what can be asked, `rows` answers."""

    kind = None
    listing = None
    rows = None

    def __init__(self, policy=None, executor=None):
        self.policy = policy or Policy()
        self.executor = executor

    def one(self, question):
        """The one thing that was asked for by its id. Raises NoMatch."""
        found = self.rows.one(question)
        if found is None:
            raise NoMatch(self.listing.id)
        return found

    def page(self, question):
        return self.rows.page(question)

    def stream(self, question, start=0, limit=None):
        return self.rows.stream(question, start, limit)

    def ahead(self, question):
        return self.rows.ahead(question)

    def get(self, thing_id, lock=None):
        """The thing with an id; in a transaction it may be locked. Raises NoMatch."""
        found = self.rows.get(thing_id, lock)
        if found is None:
            raise NoMatch(self.listing.id)
        return found

    def change(self, caller, thing, unchanged, verb=Verb.EDIT, **values):
        """Write new values, if `unchanged` agrees that the thing is as the caller knows it.

        `unchanged` is called with the thing as it is now, and raises if not. `verb` is what the
        policy is asked for.
        """
        with transaction():
            current = self.get(thing.id, CHANGE)
            unchanged(current)
            self.policy.require(caller, verb, self.kind, current)
            self.rows.row.update(**values).where(self.rows.row.id == thing.id).execute()
            return self.get(thing.id)

    def delete(self, caller, thing, unchanged):
        """Delete a thing; it vanishes at once with all that it owns."""
        with transaction():
            current = self.get(thing.id, CHANGE)
            unchanged(current)
            self.policy.require(caller, Verb.DELETE, self.kind, current)
            self.rows.row.update(deleted=now()).where(self.rows.row.id == thing.id).execute()
            self.stop_after_commit(self.let_go(current))
        return current

    def stop_after_commit(self, runs):
        """Tell the executor to stop runs, given by kind and id, as soon as their rows say so."""
        for run, run_id in runs:
            after_commit(partial(self.executor.cancel, run, run_id))

    def let_go(self, thing):
        """Delete what a thing owns; called inside the transaction.

        Returns kind and id of each run that has to be stopped for it.
        """
        return ()
