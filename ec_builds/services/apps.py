"""What can be done with apps."""

from ec_builds.auth.roles import Role
from ec_builds.auth.rules import Verb
from ec_builds.lists import catalog
from ec_builds.services import demolition
from ec_builds.services.collection import Collection
from ec_builds.store import lists
from ec_builds.store.app import App
from ec_builds.store.database import transaction
from ec_builds.store.member import Member


class Apps(Collection):
    kind, listing, rows = "app", catalog.APPS, lists.APPS

    def create(self, caller, title, hex_color):
        """A new app, which is owned by whoever has made it."""
        self.may_create_some(caller)
        with transaction():
            app = App.make(title, hex_color)
            Member.join(app.id, caller.id, Role.OWNER.word)
            caller.has_joined()
            self.note(caller, Verb.CREATE, app)
            return self.get(caller, app.id)

    def edit(self, caller, app, unchanged, title, hex_color):
        return self.change(caller, app, unchanged, title=title, hex_color=hex_color)

    def let_go(self, app):
        return demolition.of_app(app.id)
