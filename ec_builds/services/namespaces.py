"""What can be done with namespaces: apps by paths, made when something is submitted to them."""

from dataclasses import replace

from ec_builds.auth.caller import Guest
from ec_builds.auth.policy import Policy
from ec_builds.auth.roles import Role
from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidValue, NoMatch
from ec_builds.services import inheritance
from ec_builds.services.naming import check_name, check_path, check_values
from ec_builds.store import spaces, submitted
from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.audit import Audit
from ec_builds.store.configured import CodeSource, DataSource
from ec_builds.store.database import CHANGE, KEEP, transaction
from ec_builds.store.member import Member
from ec_builds.store.namespace import Namespace
from ec_builds.store.platform import Platform
from ec_builds.store.submitted import numbered

KIND = "namespace"
#: The colour of an app that nobody has chosen one for.
COLOR = "#61a0ea"
#: The title of the platform to which manifests are submitted, and its type.
TITLE, TYPE = "Manifests", "manifest"


class Namespaces:
    """Every account has namespaces of its own, and one without a name."""

    def __init__(self, policy=None, executor=None):
        self.policy, self.executor = policy or Policy(), executor

    def open(self, caller, path, owner=None):
        """The namespace to which something is to be submitted; one's own is made if it is missing.

        path: "" for the one without a name; owner: a username; None for the caller.
        Raises NoMatch for one of somebody else that is missing, or that one has no part in, and
        InvalidValue for a path that none can have.
        """
        check_path(path)
        owner = owner and owner.lower()
        with transaction():
            if owner in (None, caller.account.username):
                namespace = Namespace.at(caller.id, path) or self.make_once(caller, path)
            else:
                account = Account.get_or_none(Account.username == owner)
                namespace = account and Namespace.at(account.id, path)
            require_part(caller, namespace)
            return namespace

    def person(self, caller):
        """The account of a caller, with its number."""
        return numbered({caller.id})[caller.id]

    def page(self, caller, number, size, search=None, above=None):
        """Some namespaces by their paths, and the number of the last page.

        search: a part of the path; above: the namespace that they are in; without, they are
        those that the caller belongs to, be it as an admin or not.
        """
        self.policy.require_scope(caller, Verb.READ, KIND)
        reach = caller.reach if above else replace(caller.reach, everything=False)
        rows, last = spaces.page(reach, number, size, search, above and above.id)
        self.add_builds(caller, rows)
        return rows, last

    def find(self, caller, username, path):
        """The namespace of a user with a path, to read it. Raises NoMatch."""
        self.policy.require_scope(caller, Verb.READ, KIND)
        found = spaces.of_owner(caller.reach, username, path)
        if found is None:
            raise NoMatch(KIND)
        return found

    def one(self, caller, username, path):
        """The same, with its newest build, if the caller may read that."""
        found = self.find(caller, username, path)
        self.add_builds(caller, [found])
        return found

    def add_builds(self, caller, rows):
        """Put its newest build on each namespace, if the caller may read builds."""
        if self.policy.has_scope(caller, Verb.READ, "build"):
            builds = submitted.newest([row.app_id for row in rows])
            for row in rows:
                row.build = builds.get(row.app_id)

    def public(self, username, path):
        """A namespace that everybody may look into, with its newest build; None if it is none."""
        found = spaces.of_owner(Guest.of(None).reach, username, path)
        if found is not None:
            found.build = submitted.newest([found.app_id]).get(found.app_id)
        return found

    def create(self, caller, name, above="", description="", visibility="private"):
        """A new namespace of the caller; one below another is as visible as that one.

        above: the path of that one. Raises InvalidValue.
        """
        self.policy.require_on_collection(caller, Verb.CREATE, KIND)
        path = f"{above}/{name}" if above else name
        check_name(name, path)
        check_values(description, visibility)
        with transaction():
            spaces.hold(caller.id)
            parent = Namespace.at(caller.id, above, KEEP) if above else None
            if above and (parent is None or caller.role(parent.app_id) < Role.DEVELOPER):
                raise InvalidValue("parent", "Could not find parent")
            if Namespace.at(caller.id, path):
                raise InvalidValue("name", "Name already exists")
            given = {"description": description, "visibility": visibility}
            self.make(caller, path, **given)
            return self.find_new(caller, path)

    def find_new(self, caller, path):
        """A namespace of the caller that was made a moment ago."""
        return spaces.of_owner(caller.reach, caller.account.username, path)

    def make_once(self, caller, path):
        """A new namespace of the caller, unless somebody else is quicker."""
        spaces.hold(caller.id)
        return Namespace.at(caller.id, path) or self.make(caller, path)

    def make(self, caller, path, visibility="private", **values):
        """A new namespace of the caller, and those above it that are missing. Raises NoMatch.

        Only who holds all namespaces of the caller may do this.
        """
        if caller.is_limited:
            raise NoMatch(KIND)
        parent_path = path.rpartition("/")[0]
        parent = None
        if parent_path:
            parent = Namespace.at(caller.id, parent_path, KEEP) or self.make(caller, parent_path)
            require_part(caller, parent)
        app = App.make(path or caller.account.username, COLOR)
        self.let_in(caller, app, parent)
        namespace = Namespace.create(
            app=app,
            account=caller.id,
            path=path,
            parent_id=parent and parent.id,
            root_id=parent and parent.top_id,
            visibility=parent.visibility if parent else visibility,
            **values,
        )
        Audit.note(caller, Verb.CREATE, "app", app.id, app.id, namespace=path)
        return namespace

    def let_in(self, caller, app, parent):
        """Whoever belongs to the namespace above belongs to a new one."""
        Member.join(app.id, caller.id, Role.OWNER.word)
        if parent:
            for each in Member.select().where(Member.app == parent.app_id):
                if each.account_id != caller.id:
                    Member.join(app.id, each.account_id, each.role)
        caller.has_joined()

    def edit(self, caller, username, path, description=None, visibility=None):
        """Change what is given; those below the topmost one stay as visible as it is."""
        check_values(description, visibility)
        with transaction():
            found = self.take(caller, Verb.EDIT, username, path)
            changed = {"description": description} if description else {}
            if visibility and found.root_id is None:
                changed["visibility"] = visibility
                all_of_it = (Namespace.id == found.id) | (Namespace.root_id == found.id)
                Namespace.update(visibility=visibility).where(all_of_it).execute()
            if changed:
                Namespace.update(**changed).where(Namespace.id == found.id).execute()
                self.note(caller, Verb.EDIT, found, properties=sorted(changed))
            return spaces.of_owner(caller.reach, username, path)

    def delete(self, caller, username, path):
        """Let a namespace go with those below it; their apps stay, for their owners alone."""
        with transaction():
            found = self.take(caller, Verb.DELETE, username, path)
            inheritance.dissolve(found.app_id)
            self.note(caller, Verb.DELETE, found)

    def take(self, caller, verb, username, path):
        """The namespace to do something with; it stays what it is until the transaction ends.

        Raises NoMatch, and what speaks against the verb.
        """
        self.policy.require_scope(caller, verb, KIND)
        found = spaces.of_owner(caller.reach, username, path)
        if found is not None:
            spaces.hold(found.account_id)
            found = spaces.of_owner(caller.reach, username, path)
        if found is None:
            raise NoMatch(KIND)
        self.policy.require(caller, verb, KIND, found)
        return found

    def note(self, caller, verb, namespace, **told):
        """Write into the audit what was done with a namespace."""
        told = {"namespace": namespace.path, **told}
        Audit.note(caller, verb, KIND, namespace.id, namespace.app_id, **told)

    def platform(self, namespace):
        """The platform that builds what is submitted to a namespace; made if it is missing."""
        with transaction():
            known = self.known_platform(namespace)
            if known is None:
                namespace = Namespace.locked(namespace.id, CHANGE) or namespace
                known = self.known_platform(namespace)
            return known or self.make_platform(namespace)

    def known_platform(self, namespace):
        known = Platform.living().where(Platform.id == namespace.platform_id).first()
        return known if known is not None and known.type == TYPE else None

    def make_platform(self, namespace):
        code = CodeSource.create(app=namespace.app_id, type="stub", config={"files": {}})
        data = DataSource.create(app=namespace.app_id, type="stub", config={})
        platform = Platform.create(
            app=namespace.app_id, title=TITLE, type=TYPE, config={},
            codesource=code, datasource=data,
        )
        change = Namespace.update(platform=platform)
        change.where(Namespace.id == namespace.id).execute()
        return platform


def require_part(caller, namespace):
    """Raises NoMatch for no namespace, and for one to which the caller may not submit."""
    if namespace is None or caller.role(namespace.app_id) < Role.DEVELOPER:
        raise NoMatch(KIND)
