"""The lists of those who belong to apps, and of those who are asked to."""

from peewee import fn

from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.lists import RowList, of_apps
from ec_builds.store.member import Invitation, Member

#: The role without which an app would be nobody's.
OWNER = "owner"


def by_id(row, row_ids):
    """Rows of a table by their ids."""
    return {each.id: each for each in row.select().where(row.id.in_(list(set(row_ids))))}


def complete_members(rows):
    """Puts `account` and `is_last_owner` on each member."""
    accounts = by_id(Account, [row.account_id for row in rows])
    owners = dict(
        Member.select(Member.app, fn.COUNT(Member.id))
        .where(Member.app.in_([row.app_id for row in rows]), Member.role == OWNER)
        .group_by(Member.app)
        .tuples()
    )
    for row in rows:
        row.account = accounts[row.account_id]
        row.is_last_owner = row.role == OWNER and owners[row.app_id] == 1


def complete_invitations(rows):
    """Puts `app` and `inviter` on each invitation."""
    apps = by_id(App, [row.app_id for row in rows])
    inviters = by_id(Account, [row.inviter_id for row in rows])
    for row in rows:
        row.app, row.inviter = apps[row.app_id], inviters[row.inviter_id]


MEMBERS = RowList(
    Member,
    {
        "memberID": Member.id,
        "appID": Member.app,
        "accountID": Member.account,
        "role": Member.role,
        "created": Member.created,
    },
    complete_members,
    of_apps(Member.app),
)
COLUMNS = {
    "invitationID": Invitation.id,
    "appID": Invitation.app,
    "role": Invitation.role,
    "created": Invitation.created,
    "expires": Invitation.expires,
}
#: The invitations of an app, for its owners.
INVITATIONS = RowList(
    Invitation,
    {**COLUMNS, "email": Invitation.email, "username": Invitation.username},
    complete_invitations,
    lambda reach: reach.apps(Invitation.app, OWNER),
)
#: The same invitations, for those who are invited.
OFFERS = RowList(Invitation, COLUMNS, complete_invitations, lambda reach: reach.addressed())
