"""What can be done with code sources, data sources and targets: they differ in little but names."""

from ec_builds import schema
from ec_builds.errors import BuildError, InvalidValue
from ec_builds.lists import catalog
from ec_builds.services import demolition
from ec_builds.services.collection import Collection
from ec_builds.store import lists
from ec_builds.store.database import transaction
from ec_builds.store.site import Site


class Configured(Collection):
    """Plugins as apps have configured them. `type_name` is how the type is called on the wire."""

    type_name = None

    def __init__(self, plugins, policy=None):
        super().__init__(policy)
        self.plugins = plugins

    def create(self, caller, app_id, type, config):
        """Configure a plugin for an app. Raises NoMatch, InvalidValue, or what the schema finds."""
        config = checked(self.plugins, self.kind, type, config, self.type_name)
        with transaction():
            self.may_create(caller, app_id)
            row = self.rows.row.create(app=app_id, type=type, config=config)
            return self.get(caller, row.id)

    def edit(self, caller, thing, unchanged, type, config):
        """Configure it anew; builds that have begun are not affected."""
        config = checked(self.plugins, self.kind, type, config, self.type_name)
        return self.change(caller, thing, unchanged, type=type, config=config)


class CodeSources(Configured):
    kind, listing, rows = "codesource", catalog.CODE_SOURCES, lists.CODE_SOURCES
    type_name = "codeSourceType"


class DataSources(Configured):
    kind, listing, rows = "datasource", catalog.DATA_SOURCES, lists.DATA_SOURCES
    type_name = "dataSourceType"


class Targets(Configured):
    kind, listing, rows = "target", catalog.TARGETS, lists.TARGETS
    type_name = "targetType"

    def let_go(self, target):
        demolition.take_down(Site.select().where(Site.target_id == target.id))
        return ()


def checked(plugins, kind, type, config, type_name):
    """A config without what is read-only, if its plugin's schema accepts it.

    `_title` is a name for people that no schema mentions (reference 3.6).
    """
    plugin = plugins.get(kind, type)
    if plugin is None:
        known = ", ".join(plugins.types(kind))
        raise InvalidValue(type_name, f"There is no type “{type[:100]}” here; there is {known}.")
    config = {name: value for name, value in config.items() if name != "_context"}
    shown = {name: value for name, value in config.items() if name != "_title"}
    schema.check_config(plugin.config_schema, shown)
    try:
        plugin.check(shown)
    except BuildError as error:
        raise InvalidValue("config", str(error)) from error
    return config
