"""What apps keep of their builds: the rule of each, and what it leaves no room for."""

from dataclasses import dataclass, field

from ec_builds.lists import catalog
from ec_builds.services.collection import Collection
from ec_builds.store import retention
from ec_builds.store.reach import EVERYTHING


@dataclass
class Preview:
    """What an app would lose now: how many builds, of how many bytes, and the newest of them."""

    app: object
    number: int = 0
    size: int = 0
    builds: list = field(default_factory=list)


class Retention(Collection):
    kind, listing, rows = "retention", catalog.RETENTION, retention.RULES

    def edit(self, caller, app, unchanged, newest, days, bytes):
        """Set the limits of an app; None is no limit. The next sweep follows them."""
        limits = {"keep_newest": newest, "keep_days": days, "keep_bytes": bytes}
        return self.change(caller, app, unchanged, **limits)

    def apps(self):
        """The apps that do not keep everything."""
        for app_id in retention.with_rules():
            app = self.rows.get(app_id, EVERYTHING)
            if app is not None:
                yield app

    def excess(self, app):
        """The builds that an app would lose now, newest first, one by one."""
        for found in retention.excess(app):
            yield from found

    def sweep(self, app):
        """Delete them. Yields each build that has gone."""
        for gone in retention.delete_excess(app):
            yield from gone


class Previews(Collection):
    """What apps would lose, were they swept now."""

    kind, listing, rows = "preview", catalog.RETENTION, retention.RULES

    def of(self, app, longest):
        """What an app would lose now, with at most `longest` of its builds."""
        found = Preview(app)
        for excess in retention.excess(app):
            for each in excess:
                found.number, found.size = found.number + 1, found.size + each.size
                if found.number <= longest:
                    found.builds.append(each)
        return found
