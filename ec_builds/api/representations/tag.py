"""How tags of builds look."""

from functools import partial

from ec_builds.api.representations.part import begun
from ec_builds.api.representations.part import listing as listing_of
from ec_builds.hal import relations as rel

RELATION = rel.TAG

listing = partial(listing_of, "tag")


def one(row, urls):
    """A tag, with whoever gave it."""
    return begun(
        "tag",
        row,
        urls,
        tagID=row.id,
        buildID=row.build_id,
        name=row.name,
        creator=row.account.signature,
        created=row.created,
    )
