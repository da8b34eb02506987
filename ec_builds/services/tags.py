"""What can be done with the tags of builds."""

from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidProperty, NoMatch
from ec_builds.store.audit import Audit
from ec_builds.store.database import KEEP, transaction
from ec_builds.store.submitted import numbered
from ec_builds.store.tag import Tag
from ec_builds.store.webhook import Delivery

KIND = "tag"
#: Tags of one request, and characters of each.
MOST, LONGEST = 100, 255


def checked(names):
    """Names of new tags, each once. Raises InvalidProperty."""
    names = list(dict.fromkeys(names))
    if len(names) > MOST:
        raise InvalidProperty("tags", f"There are {len(names)} tags; at most {MOST} are possible.")
    if any(len(name) > LONGEST for name in names):
        raise InvalidProperty("tags", f"A tag has at most {LONGEST} characters.")
    return names


class Tags:
    """Tags by the builds that have them."""

    def __init__(self, builds):
        self.builds, self.policy = builds, builds.policy

    def of(self, build):
        """The tags of a build, in the order in which they were given."""
        rows = list(Tag.select().where(Tag.build == build.id).order_by(Tag.id))
        accounts = numbered({row.account_id for row in rows})
        for row in rows:
            row.account = accounts[row.account_id]
        return rows

    def one(self, build, key):
        """A tag of a build by its id or its name. Raises NoMatch."""
        rows = self.of(build)
        by_id = [row for row in rows if str(row.id) == key]
        for row in by_id or (row for row in rows if row.name == key):
            return row
        raise NoMatch("id")

    def give(self, caller, build, names):
        """Give a build more tags. Returns those that it had not yet, in the order of the names."""
        self.policy.require_on_collection(caller, Verb.CREATE, KIND, build.app_id)
        names = checked(names)
        with transaction():
            self.builds.get(caller, build.id, KEEP)
            given = {tag.id for tag in Tag.give(build.id, caller.id, names)}
            tags = [tag for tag in self.of(build) if tag.id in given]
            if tags:
                named = [tag.name for tag in tags]
                Audit.note(caller, Verb.CREATE, KIND, build.id, build.app_id, names=named)
                new = [[tag.id, tag.name] for tag in tags]
                Delivery.announce(build.id, "build.tagged", by=caller.id, new=new)
            return tags

    def remove(self, caller, build, key):
        """Take a tag off a build."""
        with transaction():
            tag = self.one(build, key)
            tag.app_id = build.app_id
            self.policy.require(caller, Verb.DELETE, KIND, tag)
            tag.delete_instance()
            Audit.note(caller, Verb.DELETE, KIND, build.id, build.app_id, names=[tag.name])
