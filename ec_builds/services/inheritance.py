"""Who belongs to a namespace belongs to those below it, and what goes when one goes.

All functions are called in a transaction.
"""

from ec_builds.auth.roles import Role
from ec_builds.store import spaces
from ec_builds.store.litter import Litter
from ec_builds.store.member import Invitation, Member
from ec_builds.store.namespace import Namespace
from ec_builds.store.thing import Thing
from ec_builds.store.variable import Variable
from ec_builds.store.webhook import Webhook

#: To be called before anything of an app is locked that is done here.
hold = spaces.hold_of


def join(app_id, account_id, role):
    """Let somebody in, below as well; nobody has less to say afterwards than before."""
    roles = Member.roles(account_id)
    for each in (app_id, *spaces.below(app_id)):
        before = Role.called(roles[each]) if each in roles else Role.ANYBODY
        Member.join(each, account_id, max(before, role).word)


def change(app_id, account_id, role):
    """Give a member another role below; whoever is the last owner there stays it."""
    if Role.called(role) < Role.MAINTAINER:
        for each in (app_id, *spaces.below(app_id)):
            Webhook.silence(each, account_id)
    for each in spaces.below(app_id):
        if not is_last_owner(each, account_id):
            Member.join(each, account_id, role)


def leave(app_id, account_id):
    """Take a member out, below as well; whoever is the last owner stays."""
    for each in (app_id, *spaces.below(app_id)):
        if not is_last_owner(each, account_id):
            Member.delete().where(Member.app == each, Member.account == account_id).execute()
            Webhook.silence(each, account_id)


def is_last_owner(app_id, account_id):
    """Whether an app would be nobody's without somebody."""
    owners = Member.select().where(Member.app == app_id, Member.role == Role.OWNER.word)
    return [each.account_id for each in owners] == [account_id]


def dissolve(app_id):
    """The namespace that an app is goes, and those below it: their paths are free again.

    With them goes what builds there were given, and who was told of these. Their apps stay, with
    the builds, and belong to their owners alone.
    """
    gone = [app_id, *spaces.below(app_id)]
    if Namespace.select().where(Namespace.app == app_id).exists():
        Member.delete().where(Member.app.in_(gone), Member.role != Role.OWNER.word).execute()
        Invitation.delete().where(Invitation.app.in_(gone)).execute()
        Webhook.delete().where(Webhook.app.in_(gone)).execute()
        Variable.delete().where(Variable.app.in_(gone)).execute()
        things = Thing.select(Thing.key).where(Thing.app.in_(gone))
        Litter.drop(*(key for key, in things.tuples()))
        Thing.delete().where(Thing.app.in_(gone)).execute()
        Namespace.delete().where(Namespace.app.in_(gone)).execute()
