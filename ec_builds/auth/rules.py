"""The table of who may do what: which verbs each kind of thing has, and what they take."""

from dataclasses import dataclass, field
from enum import StrEnum

from ec_builds.auth.roles import Role

ANYBODY, VIEWER, DEVELOPER, MAINTAINER, OWNER, ADMIN = Role


class Verb(StrEnum):
    READ = "read"
    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"
    PIN = "pin"
    UNPIN = "unpin"
    CANCEL = "cancel"
    ACCEPT = "accept"
    DOWNLOAD = "download"
    LOG_ADDRESS = "log/address"
    STREAM_ADDRESS = "events/address"


#: Verbs that are asked of a collection; all but CREATE are asked of one thing, too.
OF_COLLECTIONS = (Verb.READ, Verb.CREATE)
#: Verbs that are answered with a signed address, at which something can be read.
ADDRESSES = (Verb.DOWNLOAD, Verb.LOG_ADDRESS, Verb.STREAM_ADDRESS)
#: The part of a scope that a verb takes; what is not here takes `write`.
ACTIONS = {Verb.READ: "read", Verb.DELETE: "delete", **dict.fromkeys(ADDRESSES, "read")}


@dataclass(frozen=True)
class Rule:
    """What it takes to do something with things of one kind.

    least: the verbs that there are, with the least role for each in the app of the thing.
    resource: what scopes call the kind; None where no scope is needed.
    beyond: verbs that concern more than some apps, which a token limited to apps is no good for.
    own: verbs that one may do with what is one's own, whatever the role.
    personal: whether things belong to accounts: nobody makes them for somebody else.
    """

    least: dict
    resource: str | None
    beyond: frozenset = field(default=frozenset())
    own: frozenset = field(default=frozenset())
    personal: bool = False

    def scope(self, verb):
        """The scope that a verb takes, or None."""
        return self.resource and f"{self.resource}:{ACTIONS.get(verb, 'write')}"

    @property
    def on_collection(self):
        return {verb for verb in self.least if verb in OF_COLLECTIONS}

    @property
    def on_one(self):
        return self.least.keys() - {Verb.CREATE}


def plugin(resource):
    """The rule for what an app is configured with."""
    maintained = dict.fromkeys((Verb.CREATE, Verb.EDIT, Verb.DELETE), MAINTAINER)
    return Rule({Verb.READ: VIEWER, **maintained}, resource)


def own(*verbs, resource="account"):
    """The rule for what belongs to an account, and is seen by nobody else but admins."""
    least = dict.fromkeys(verbs, ANYBODY)
    return Rule(least, resource, beyond=frozenset(verbs), personal=True)


def kept(resource):
    """The rule for what only those see of an app who look after it."""
    return Rule(
        dict.fromkeys((Verb.READ, Verb.CREATE, Verb.EDIT, Verb.DELETE), MAINTAINER), resource
    )


def given(resource):
    """The rule for what builds by manifests are given."""
    developed = dict.fromkeys((Verb.CREATE, Verb.DELETE), DEVELOPER)
    return Rule({Verb.READ: DEVELOPER, **developed}, resource)


RULES = {
    "app": Rule(
        {Verb.READ: VIEWER, Verb.CREATE: ANYBODY, Verb.EDIT: MAINTAINER, Verb.DELETE: OWNER},
        "app",
        beyond=frozenset({Verb.CREATE}),
    ),
    "platform": plugin("platform"),
    "codesource": plugin("codesource"),
    "datasource": plugin("datasource"),
    "target": plugin("target"),
    "build": Rule(
        {
            **dict.fromkeys((Verb.READ, *ADDRESSES), VIEWER),
            Verb.CREATE: DEVELOPER,
            Verb.PIN: DEVELOPER,
            Verb.UNPIN: DEVELOPER,
            Verb.CANCEL: DEVELOPER,
            Verb.DELETE: MAINTAINER,
        },
        "build",
    ),
    "job": Rule({Verb.READ: VIEWER, Verb.LOG_ADDRESS: VIEWER}, "build"),
    "artifact": Rule({Verb.READ: VIEWER, Verb.DOWNLOAD: VIEWER}, "build"),
    "build-variable": Rule({Verb.READ: VIEWER}, "build"),
    "build-object": Rule({Verb.READ: VIEWER}, "build"),
    "image": Rule({Verb.READ: VIEWER}, "build"),
    "tag": Rule({Verb.READ: VIEWER, Verb.CREATE: DEVELOPER, Verb.DELETE: DEVELOPER}, "build"),
    "variable": given("variable"),
    "object": given("object"),
    "webhook": kept("webhook"),
    "deployment": Rule(
        {Verb.READ: VIEWER, Verb.DOWNLOAD: VIEWER, Verb.CREATE: DEVELOPER}, "deployment"
    ),
    "retention": Rule({Verb.READ: VIEWER, Verb.EDIT: MAINTAINER}, "app"),
    "preview": Rule({Verb.READ: VIEWER}, "build"),
    "stats": Rule({Verb.READ: VIEWER}, "app"),
    "types": Rule({Verb.READ: ANYBODY}, None),
    "member": Rule(
        {Verb.READ: VIEWER, Verb.EDIT: OWNER, Verb.DELETE: OWNER},
        "member",
        own=frozenset({Verb.DELETE}),
    ),
    "invitation": Rule({Verb.READ: OWNER, Verb.CREATE: OWNER, Verb.DELETE: OWNER}, "member"),
    "offer": own(Verb.READ, Verb.ACCEPT, Verb.DELETE),
    "namespace": Rule(
        {Verb.READ: VIEWER, Verb.CREATE: ANYBODY, Verb.EDIT: OWNER, Verb.DELETE: OWNER},
        "namespace",
        beyond=frozenset({Verb.CREATE}),
    ),
    "invite": Rule(
        {Verb.READ: OWNER, Verb.CREATE: OWNER, Verb.ACCEPT: ANYBODY, Verb.DELETE: OWNER},
        "invite",
        beyond=frozenset({Verb.ACCEPT}),
    ),
    "account": Rule({Verb.READ: ANYBODY}, "account"),
    "token": own(Verb.READ, Verb.CREATE, Verb.DELETE),
    "audit": Rule({Verb.READ: ADMIN}, "audit", beyond=frozenset({Verb.READ})),
    "metrics": Rule({Verb.READ: ADMIN}, "metrics", beyond=frozenset({Verb.READ})),
}

#: Every scope that a token can have.
SCOPES = tuple(
    sorted({rule.scope(verb) for rule in RULES.values() for verb in rule.least} - {None})
)
