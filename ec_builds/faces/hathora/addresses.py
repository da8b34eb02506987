"""Where parts of archives are uploaded (reference, section 2.3)."""

from ec_builds.web.current import urls


def part(secret, number):
    """Where a part is put."""
    return urls().below(f"uploads/{secret}/parts/{number}")


def complete(secret):
    """Where it is said that all parts were."""
    return urls().below(f"uploads/{secret}/complete")


def form(secret):
    """Where a whole archive is sent in a form."""
    return urls().below(f"uploads/{secret}/form")
