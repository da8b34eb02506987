"""How users look (reference, section 2.3)."""

from ec_builds.faces.djinn.representations.times import moment


def user(account):
    """An account that has its number; None stays None."""
    if account is None:
        return None
    return {
        "id": account.number,
        "email": account.email,
        "username": account.username,
        "created_at": moment(account.created),
    }
