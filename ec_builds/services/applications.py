"""What can be done with apps by those who call them applications."""

import hashlib
import hmac

from ec_builds.auth.policy import Policy
from ec_builds.auth.roles import Role
from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidValue, NoMatch
from ec_builds.services.organisations import COLOR
from ec_builds.store import lists
from ec_builds.store.application import Application
from ec_builds.store.app import App
from ec_builds.store.database import CHANGE, KEEP, transaction
from ec_builds.store.member import Member
from ec_builds.store.organisation import Organisation
from ec_builds.store.person import owner_of

KIND = "app"
#: Characters of a name.
LONGEST = 200


class Applications:
    """Apps, each with its organisation and with how players log in.

    key: what their secrets are made with.
    """

    def __init__(self, apps, organisations, key, policy=None):
        self.apps, self.organisations = apps, organisations
        self.key, self.policy = key, policy or Policy()

    def create(self, caller, organisation, name, authentication):
        """A new app of an organisation. Raises InvalidValue."""
        self.policy.require_on_collection(caller, Verb.CREATE, KIND)
        if organisation.account_id != caller.id:
            raise NoMatch("orgId")
        with transaction():
            self.check(name, Organisation.locked(organisation.id, CHANGE))
            app = self.apps.create(caller, name, COLOR)
            Application.open(app.id, authentication=authentication, creator=caller.signature)
            return self.complete(caller, [app])[0]

    def all(self, caller, organisation=None):
        """The apps that a caller belongs to, of one organisation or of all."""
        self.policy.require_scope(caller, Verb.READ, KIND)
        mine = Member.select(Member.app).where(Member.account == caller.id)
        own = Organisation.select(Organisation.app).where(Organisation.app.is_null(False))
        rows = App.living().where(App.id.in_(mine), App.id.not_in(own))
        for condition in caller.reach.apps(App.id):
            rows = rows.where(condition)
        found = self.complete(caller, list(rows.order_by(App.created.desc(), App.id)))
        if organisation is None:
            return found
        return [each for each in found if each.organisation_id == organisation.id]

    def find(self, caller, app_id, lock=None):
        """The app with an id. Raises NoMatch."""
        found = lists.APPS.bare(app_id, caller.reach, lock)
        if found is None:
            raise NoMatch("appID")
        return found

    def one(self, caller, app_id):
        """The same, to read it."""
        found = self.find(caller, app_id)
        self.policy.require(caller, Verb.READ, KIND, found)
        return self.complete(caller, [found])[0]

    def edit(self, caller, app_id, name=None, authentication=None):
        """Change what is given."""
        with transaction():
            app = self.find(caller, app_id, KEEP)
            self.policy.require(caller, Verb.EDIT, KIND, app)
            if name is not None and name != app.title:
                owner = Organisation.of(owner_of(app.id) or caller.id)
                self.check(name, Organisation.locked(owner.id, CHANGE))
                self.apps.edit(caller, app, lambda thing: None, name, app.hex_color)
            if authentication is not None:
                Application.open(app.id)
                change = Application.update(authentication=authentication)
                change.where(Application.app == app.id).execute()
        return self.one(caller, app_id)

    def delete(self, caller, app_id):
        """Delete an app with all its builds."""
        self.apps.delete(caller, self.find(caller, app_id), lambda thing: None)

    def check(self, name, organisation):
        """Raises InvalidValue for a name that an app of an organisation cannot have, which is
        locked, so that nobody else gives that name meanwhile."""
        if not 0 < len(name.strip()) <= LONGEST:
            raise InvalidValue("appName", f"appName should have from 1 to {LONGEST} characters")
        namesakes = App.living().where(App.title == name)
        if any(owner_of(each.id) == organisation.account_id for each in namesakes):
            raise InvalidValue("appName", "There is an application of this name already")

    def complete(self, caller, apps):
        """Puts `application` (None for one of which nothing is written down), `organisation_id`
        and `secret` on apps; the secret is for those who look after an app."""
        known = Application.of([app.id for app in apps])
        owners = {app.id: owner_of(app.id) for app in apps}
        organisations = Organisation.by_accounts(owners.values())
        for app in apps:
            app.application = known.get(app.id)
            app.organisation_id = organisations.get(owners[app.id])
            is_kept = caller.role(app.id) >= Role.MAINTAINER
            app.secret = self.secret(app.id) if is_kept else ""
        return apps

    def secret(self, app_id):
        """What only those know of an app who look after it."""
        told = f"app secret {app_id}".encode()
        return hmac.new(self.key.encode(), told, hashlib.sha256).hexdigest()
