"""What can be done with apps."""

from ec_builds.lists import catalog
from ec_builds.services import demolition
from ec_builds.services.collection import Collection
from ec_builds.store import lists
from ec_builds.store.app import App


class Apps(Collection):
    kind, listing, rows = "app", catalog.APPS, lists.APPS

    def create(self, caller, title, hex_color):
        return self.get(App.make(title, hex_color).id)

    def edit(self, caller, app, unchanged, title, hex_color):
        return self.change(caller, app, unchanged, title=title, hex_color=hex_color)

    def let_go(self, app):
        return demolition.of_app(app.id)
