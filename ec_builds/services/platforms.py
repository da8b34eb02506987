"""What can be done with platforms."""

from ec_builds.errors import InvalidLink
from ec_builds.lists import catalog
from ec_builds.services import demolition
from ec_builds.services.collection import Collection
from ec_builds.services.configured import checked
from ec_builds.store import lists
from ec_builds.store.database import CHANGE, KEEP, transaction
from ec_builds.store.platform import Platform

#: What a platform is made of: kind of plugin, its rows, how an error names it.
PARTS = {
    "codesource": (lists.CODE_SOURCES, "ec:app/codesource"),
    "datasource": (lists.DATA_SOURCES, "ec:app/datasource"),
    "target": (lists.TARGETS, "ec:app/target"),
}


class Platforms(Collection):
    kind, listing, rows = "platform", catalog.PLATFORMS, lists.PLATFORMS

    def __init__(self, plugins, policy=None, executor=None):
        super().__init__(policy, executor)
        self.plugins = plugins

    def create(self, caller, app_id, title, type, config, codesource, datasource, targets):
        """Join plugins of one app, given by their ids. Raises InvalidLink and others."""
        config = checked(self.plugins, "platform", type, config, "platformType")
        with transaction():
            self.may_create(caller, app_id)
            self.inspect(caller, app_id, type, codesource, datasource, targets)
            platform = Platform.create(
                app=app_id,
                title=title,
                type=type,
                config=config,
                codesource=codesource,
                datasource=datasource,
            )
            platform.aim_at(targets)
            return self.get(caller, platform.id)

    def edit(
        self, caller, platform, unchanged, title, type, config,
        codesource=None, datasource=None, targets=None,
    ):
        """Change a platform; parts that are not given stay. Later builds are affected."""
        with transaction():
            current = self.get(caller, platform.id, CHANGE)
            self.may_edit(caller, current)
            config = checked(self.plugins, "platform", type, config, "platformType", current)
            codesource = codesource or current.codesource_id
            datasource = datasource or current.datasource_id
            targets = targets or current.target_ids
            self.inspect(caller, current.app_id, type, codesource, datasource, targets)
            self.change(
                caller, platform, unchanged, title=title, type=type,
                codesource=codesource, datasource=datasource,
                **current.rewritten("config", config),
            )
            current.aim_at(targets)
            return self.get(caller, platform.id)

    def inspect(self, caller, app_id, platform_type, codesource, datasource, targets):
        """Raises InvalidLink for parts that are not there, another app's, or do not fit."""
        wanted = [("codesource", codesource), ("datasource", datasource)]
        for kind, row_id in [*wanted, *(("target", target) for target in targets)]:
            rows, relation = PARTS[kind]
            row = rows.bare(row_id, caller.reach, KEEP)
            if row is None or row.app_id != app_id:
                raise InvalidLink(relation, "It leads to nothing that this app has.")
            plugin = self.plugins.get(kind, row.type)
            only = plugin and plugin.restrict_to_platform_type
            if only and only != platform_type:
                raise InvalidLink(relation, f"“{row.type}” works with “{only}” platforms only.")

    def let_go(self, platform):
        return demolition.of_platform(platform.id)
