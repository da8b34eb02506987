"""What can be done with organisations: accounts, and those who build images with them."""

from ec_builds.auth.policy import Policy
from ec_builds.auth.roles import Role
from ec_builds.auth.rules import Verb
from ec_builds.errors import NoMatch
from ec_builds.services import builders
from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.audit import Audit
from ec_builds.store.database import CHANGE, transaction
from ec_builds.store.member import Member
from ec_builds.store.organisation import Organisation
from ec_builds.store.person import owner_of

KIND = "app"
#: The colour of an app that nobody has chosen one for.
COLOR = "#7a5af5"


class Organisations:
    """Every account is one. Whoever is a member of any app of it belongs to it, too."""

    def __init__(self, policy=None):
        self.policy = policy or Policy()

    def all(self, caller):
        """Those that a caller belongs to; the own one first."""
        others = {owner_of(app_id) for app_id in self.apps(caller)} - {None, caller.id}
        found = [Organisation.of(each) for each in sorted(others)]
        return [Organisation.of(caller.id), *sorted(found, key=lambda each: each.created)]

    def find(self, caller, org_id=None):
        """The one with an id; without one, that of the caller. Raises NoMatch."""
        if org_id is None:
            return Organisation.of(caller.id)
        found = Organisation.get_or_none(Organisation.id == org_id)
        if found is None or not self.is_in(caller, found):
            raise NoMatch("orgId")
        return found

    def is_in(self, caller, organisation):
        """Whether somebody belongs to one."""
        if organisation.account_id == caller.id:
            return True
        return any(owner_of(app_id) == organisation.account_id for app_id in self.apps(caller))

    def apps(self, caller):
        """The ids of the apps that a caller belongs to, as far as its token goes."""
        return [app_id for app_id in caller.roles if caller.role(app_id) > Role.ANYBODY]

    def scopes(self, caller):
        """What a caller's token is good for, in the words of the API that has organisations."""
        words = []
        for word, kind in (("builds", "build"), ("applications", KIND)):
            can = [self.policy.has_scope(caller, verb, kind) for verb in (Verb.READ, Verb.CREATE)]
            words += [f"{word}:read-write"] if can[1] else [f"{word}:read"] if can[0] else []
        return words

    def app_id(self, caller, organisation):
        """The id of its app, if it is there and the caller may see that; or None."""
        app = organisation.app_id and App.get_by_id(organisation.app_id)
        if app is None or app.deleted or caller.role(app.id) == Role.ANYBODY:
            return None
        return app.id

    def platform(self, caller, organisation):
        """What builds its images; it and its app are made if they are missing. Raises NoMatch."""
        with transaction():
            found = Organisation.locked(organisation.id, CHANGE)
            app_id = self.app_id(caller, found)
            if app_id is None:
                app_id = self.make_app(caller, found)
            return builders.of(app_id)

    def make_app(self, caller, organisation):
        """The app of the caller's own organisation."""
        if organisation.account_id != caller.id or caller.is_limited:
            raise NoMatch("orgId")
        self.policy.require_scope(caller, Verb.CREATE, "build")
        name = Account.get_by_id(organisation.account_id).username
        app = App.make(f"Images of {name}", COLOR)
        Member.join(app.id, caller.id, Role.OWNER.word)
        Organisation.update(app=app).where(Organisation.id == organisation.id).execute()
        caller.has_joined()
        Audit.note(caller, Verb.CREATE, "app", app.id, app.id, organisation=organisation.id)
        return app.id
