"""Moments as this face writes them."""


def moment(text):
    """RFC 3339 in whole seconds, UTC; None stays None."""
    return text and f"{text[:19]}Z"
