"""What can be done with namespaces: apps by paths, made when something is submitted to them."""

from ec_builds.auth.policy import Policy
from ec_builds.auth.roles import Role
from ec_builds.auth.rules import Verb
from ec_builds.errors import NoMatch, PolicyUnmet
from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.audit import Audit
from ec_builds.store.configured import CodeSource, DataSource
from ec_builds.store.database import transaction
from ec_builds.store.member import Member
from ec_builds.store.namespace import Namespace
from ec_builds.store.platform import Platform
from ec_builds.store.submitted import numbered

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
        Raises NoMatch for one of somebody else that is missing, or that one has no part in.
        """
        with transaction():
            if owner in (None, caller.account.username):
                namespace = Namespace.at(caller.id, path) or self.make(caller, path)
            else:
                account = Account.get_or_none(Account.username == owner.lower())
                namespace = account and Namespace.at(account.id, path)
            if namespace is None or caller.role(namespace.app_id) < Role.DEVELOPER:
                raise NoMatch("namespace")
            return namespace

    def person(self, caller):
        """The account of a caller, with its number."""
        return numbered({caller.id})[caller.id]

    def make(self, caller, path, **values):
        """A new namespace of the caller, and those above it that are missing."""
        if caller.is_limited:
            raise PolicyUnmet("namespace", "This token is good for some apps only.")
        parent_path = path.rpartition("/")[0]
        parent = None
        if parent_path:
            parent = Namespace.at(caller.id, parent_path) or self.make(caller, parent_path)
        app = App.make(path or caller.account.username, COLOR)
        self.let_in(caller, app, parent)
        namespace = Namespace.create(
            app=app,
            account=caller.id,
            path=path,
            parent_id=parent and parent.id,
            root_id=parent and parent.top_id,
            visibility=values.pop("visibility", parent.visibility if parent else "private"),
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

    def platform(self, namespace):
        """The platform that builds what is submitted to a namespace; made if it is missing."""
        with transaction():
            known = Platform.living().where(Platform.id == namespace.platform_id).first()
            if known is not None and known.type == TYPE:
                return known
            code = CodeSource.create(app=namespace.app_id, type="stub", config={"files": {}})
            data = DataSource.create(app=namespace.app_id, type="stub", config={})
            platform = Platform.create(
                app=namespace.app_id, title=TITLE, type=TYPE, config={},
                codesource=code, datasource=data,
            )
            change = Namespace.update(platform=platform)
            change.where(Namespace.id == namespace.id).execute()
            return platform
