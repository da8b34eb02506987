"""Large bodies of requests: which addresses take them, and where they are while they come."""

from ec_builds.uploads.addresses import is_upload
from ec_builds.uploads.spool import Spool, Uploads

__all__ = ["Spool", "Uploads", "is_upload"]
