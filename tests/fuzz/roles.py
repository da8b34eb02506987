"""Whoever asks: how they come by a token, and how much they may do."""

from collections.abc import Callable
from dataclasses import dataclass

from ec_builds.store.account import Account
from ec_builds.store.database import transaction
from ec_builds.store.member import Member


@dataclass(frozen=True)
class Role:
    """`token` makes a token of a runtime and a world; `methods` are those that are answered.

    `beyond` are the operations that are refused all the same.
    """

    token: Callable
    methods: frozenset = frozenset()
    beyond: frozenset = frozenset()


def admin(runtime, world):
    return runtime.first_token()[0]


def viewer(runtime, world):
    """A member that may only look."""
    with transaction():
        account = Account.named("viewer", "viewer@localhost")
        Member.join(world.app["appID"], account.id, "viewer")
        return runtime.tokens.issue(account, "viewer")[1]


def stranger(runtime, world):
    """A token of another server."""
    return "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIiwic3ViIjoiMSIsImlzcyI6ImVjLWJ1aWxkcyJ9.c2VjcmV0"


BEYOND_VIEWERS = frozenset({"GET /audit", "GET /invitation", "GET /metrics"})
ROLES = {
    "admin": Role(admin, frozenset({"GET", "POST", "PUT", "DELETE"})),
    "viewer": Role(viewer, frozenset({"GET"}), BEYOND_VIEWERS),
    "stranger": Role(stranger),
    "nobody": Role(lambda runtime, world: None),
}
