"""How organisations look (reference, section 7)."""


def organisation(row, scopes):
    """An organisation as a caller with some scopes sees it."""
    return {
        "orgId": f"org-{row.id}",
        "isSingleTenant": False,
        "maxRequestedMemoryMB": 8192,
        "scopes": scopes,
        "stripeCustomerId": "",
    }
