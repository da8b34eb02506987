"""Which plugins there are, with their schemas, and what these say of configs."""

from dataclasses import dataclass

from ec_builds.plugins import marked


@dataclass(frozen=True)
class Shown:
    """A config as others may see it; `proof` changes when a secret does, and tells nothing."""

    config: dict
    proof: str = ""


class Types:
    def __init__(self, plugins):
        self.plugins = plugins

    def of(self, kind):
        """The plugin classes of a kind, in the order of their types."""
        return [self.plugins.get(kind, type) for type in self.plugins.types(kind)]

    def get(self, kind, type):
        """The plugin class, or None."""
        return self.plugins.get(kind, type)

    def shown(self, kind, row):
        """The config of a row without its secrets."""
        plugin, config = self.plugins.get(kind, row.type), row.config
        open_part = marked.shown(plugin.config_schema, config) if plugin else marked.veiled(config)
        return Shown(open_part, "" if open_part == config else row.proof("config"))
