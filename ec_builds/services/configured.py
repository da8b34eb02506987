"""What can be done with code sources, data sources and targets: they differ in little but names."""

from ec_builds import schema
from ec_builds.errors import BuildError, InvalidProperty, InvalidValue
from ec_builds.lists import catalog
from ec_builds.plugins import marked
from ec_builds.services import demolition
from ec_builds.services.collection import Collection
from ec_builds.store import lists
from ec_builds.store.database import CHANGE, transaction
from ec_builds.store.site import Site

#: What is wrong with a placeholder.
NOTHING_STORED = "“***” keeps a secret that is stored here, and there is none."
MEANT_FOR_OTHERS = (
    "“***” would keep a secret that was given for something else, for what it belongs to has"
    " changed; give it again."
)


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
        with transaction():
            current = self.get(caller, thing.id, CHANGE)
            self.may_edit(caller, current)
            config = checked(self.plugins, self.kind, type, config, self.type_name, current)
            written = current.rewritten("config", config)
            return self.change(caller, thing, unchanged, type=type, **written)


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


def checked(plugins, kind, type, config, type_name, row=None):
    """A config without what is read-only, if its plugin's schema accepts it.

    Placeholders stand for the secrets of the row that is changed. `_title` is a name for people
    that no schema mentions (reference 3.6).
    """
    plugin = plugins.get(kind, type)
    if plugin is None:
        known = ", ".join(plugins.types(kind))
        raise InvalidValue(type_name, f"There is no type “{type[:100]}” here; there is {known}.")
    stored = own(row.config) if row is not None and row.type == type else {}
    given = {name: value for name, value in config.items() if name != "_context"}
    config, kept = restored(plugin, own(given), stored)
    schema.check_config(plugin.config_schema, config)
    try:
        plugin.check(config)
        is_meant = not kept or plugin.audience(config) == plugin.audience(stored)
    except BuildError as error:
        raise InvalidValue("config", discreet(plugin, config, str(error))) from None
    if not is_meant:
        raise InvalidProperty(f"config/{kept[0]}", MEANT_FOR_OTHERS)
    return {name: config.get(name, value) for name, value in given.items()}


def own(config):
    """What of a config is the plugin's."""
    return {name: value for name, value in config.items() if name not in ("_title", "_context")}


def restored(plugin, config, stored):
    """A config with the secrets that it keeps, and the paths to these. Raises InvalidProperty."""
    try:
        return marked.restored(plugin.config_schema, config, stored)
    except marked.Unknown as error:
        raise InvalidProperty(f"config/{error}", NOTHING_STORED) from None


def discreet(plugin, config, sentence):
    """What a plugin says of a config, without its secrets, should it quote them."""
    for secret in sorted(marked.secrets(plugin.config_schema, config), key=len, reverse=True):
        sentence = sentence.replace(secret, marked.PLACEHOLDER)
    return sentence
