"""Whether the storage keeps anything for this database."""

from ec_builds.store.build import Build
from ec_builds.store.litter import Litter
from ec_builds.store.log import LogSegment


def keeps_files():
    """Whether something was put into the storage that is still there, or is to be removed."""
    results = Build.select().where(Build.result_key.is_null(False))
    return any(found.exists() for found in (results, LogSegment.select(), Litter.select()))
