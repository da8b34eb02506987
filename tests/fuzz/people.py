"""Those who share what is in a world: members, invitations of both sides, and tokens."""

import itertools

from tests.acceptance.making import make_app
from tests.acceptance.server import address_of


class People:
    """Whoever may do everything (`http`), a `friend`, and the `caller`, whom the friend invites.

    Each method makes something that may be ended, and returns its id.
    """

    def __init__(self, http, friend, app):
        self.http, self.friend, self.app = http, friend, app
        self.me, self.numbers = friend.read("account"), itertools.count()
        self.welcome(http)

    def welcome(self, caller):
        """Make somebody the caller; `names` are those of people who may be members already."""
        self.caller = caller.read("account")
        people = (self.me, self.http.read("account"), self.caller)
        self.names = {each[name] for each in people for name in ("email", "username")}

    def member(self, app=None):
        """The friend belongs to an app, of which he is not the last owner."""
        app = app or make_app(self.http, "Shared")
        invite(self.http, app, self.me)
        (offer,) = self.friend.read("account/invitation")["_embedded"]["ec:account/invitation"]
        answer = self.friend.post(address_of(offer, "ec:account/invitation/accept"))
        assert answer.status_code == 200, answer.text
        members = address_of(app, "ec:app/members")
        found = self.http.read(f"{members}&accountID={self.me['accountID']}&_list=true")
        return found["_embedded"]["ec:app/member"][0]["memberID"]

    def invitation(self):
        """Somebody is asked to belong to the app."""
        guest = {"username": f"guest{next(self.numbers)}"}
        return invite(self.http, self.app, guest)["invitationID"]

    def offer(self):
        """The friend asks the caller to belong to an app."""
        return invite(self.friend, make_app(self.friend, "Friendly"), self.caller)["invitationID"]

    def token(self):
        return self.http.make("account/token", name="spare")["tokenID"]


def invite(http, app, account):
    """Ask an account to belong to an app."""
    body = {"username": account["username"], "role": "developer"}
    return http.make(address_of(app, "ec:app/invitations"), **body)
