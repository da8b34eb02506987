"""What can be asked of every list of things, and how one of them is changed."""

from functools import partial

from ec_builds.auth.policy import Policy, app_of
from ec_builds.auth.rules import Verb
from ec_builds.errors import NoMatch
from ec_builds.store import lists
from ec_builds.store.audit import Audit
from ec_builds.store.database import CHANGE, KEEP, after_commit, transaction


class Collection:
    """The living things of one kind. `listing` says what can be asked, `rows` answers.

    What is not within the reach of a caller is not there.
    """

    kind = None
    listing = None
    rows = None

    def __init__(self, policy=None, executor=None):
        self.policy = policy or Policy()
        self.executor = executor

    def find(self, caller, question):
        """The one thing that was asked for by its id, to do something with it. Raises NoMatch."""
        found = self.rows.one(question, caller.reach)
        if found is None:
            raise NoMatch(self.listing.id)
        return found

    def expect(self, caller, thing_id):
        """The thing with an id, without what belongs beside it. Raises NoMatch."""
        found = self.rows.bare(thing_id, caller.reach)
        if found is None:
            raise NoMatch(self.listing.id)
        return found

    def app_of(self, caller, question):
        """The id of the app that owns the one thing that was asked for by its id; or None."""
        found = self.rows.bare(question.value_of(self.listing.id), caller.reach)
        return found and found.app_id

    def one(self, caller, question):
        """The same, to read it."""
        found = self.find(caller, question)
        self.may_read(caller, found)
        return found

    def may_read(self, caller, thing):
        """Raises what speaks against reading a thing."""
        self.policy.require(caller, Verb.READ, self.kind, thing)

    def may_edit(self, caller, thing):
        """Raises what speaks against editing a thing."""
        self.policy.require(caller, Verb.EDIT, self.kind, thing)

    def page(self, caller, question):
        """A page of a list."""
        self.may_list(caller, question)
        return self.rows.page(question, caller.reach)

    def stream(self, caller, question, start=0, limit=None):
        """All of a list, one by one; whether it may be read was asked by `ahead`."""
        return self.rows.stream(question, caller.reach, start, limit)

    def ahead(self, caller, question):
        """A page without its things: how many there are over all pages."""
        self.may_list(caller, question)
        return self.rows.ahead(question, caller.reach)

    def may_list(self, caller, question):
        """Raises what speaks against reading a list: of one app, if it is asked about one."""
        self.policy.require_scope(caller, Verb.READ, self.kind)

    def may_create_some(self, caller):
        """Raises what speaks against new things, wherever they would be."""
        self.policy.require_on_collection(caller, Verb.CREATE, self.kind)

    def may_create(self, caller, app_id):
        """Raises what speaks against a new thing in an app: NoMatch, if that is not there."""
        if lists.APPS.bare(app_id, caller.reach, KEEP) is None:
            raise NoMatch("appID")
        self.policy.require_on_collection(caller, Verb.CREATE, self.kind, app_id)

    def get(self, caller, thing_id, lock=None):
        """The thing with an id; in a transaction it may be locked. Raises NoMatch."""
        found = self.rows.get(thing_id, caller.reach, lock)
        if found is None:
            raise NoMatch(self.listing.id)
        return found

    def change(self, caller, thing, unchanged, verb=Verb.EDIT, told=None, **values):
        """Write new values, if `unchanged` agrees that the thing is as the caller knows it.

        `unchanged` is called with the thing as it is now, and raises if not. `verb` is what the
        policy is asked for. `told` are facts for the audit besides the names of what changes.
        """
        with transaction():
            current = self.get(caller, thing.id, CHANGE)
            self.policy.require(caller, verb, self.kind, current)
            unchanged(current)
            self.rows.row.update(**values).where(self.rows.row.id == thing.id).execute()
            changed = {"properties": self.changed(current, values)} if verb is Verb.EDIT else {}
            self.note(caller, verb, current, **changed, **told or {})
            return self.get(caller, thing.id)

    def changed(self, thing, values):
        """The names of the properties that are to get other values."""
        columns = self.rows.columns.items()
        known = {getattr(column, "name", None): name for name, column in columns}
        old = thing.__data__
        return [known.get(name, name) for name, value in values.items() if old[name] != value]

    def note(self, caller, action, thing, **detail):
        """Write into the audit what was done with a thing, in the transaction in which it is.

        `detail` are a few facts; neither secrets nor values of configs.
        """
        detail = {**self.facts(thing), **detail}
        Audit.note(caller, action, self.kind, thing.id, app_of(thing), **detail)

    def facts(self, thing):
        """What the audit always tells of a thing, besides its id and its app."""
        return {}

    def delete(self, caller, thing, unchanged):
        """Delete a thing; it vanishes at once with all that it owns."""
        with transaction():
            current = self.get(caller, thing.id, CHANGE)
            self.policy.require(caller, Verb.DELETE, self.kind, current)
            unchanged(current)
            current.remove()
            self.note(caller, Verb.DELETE, current)
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
