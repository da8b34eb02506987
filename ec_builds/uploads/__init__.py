"""Large bodies of requests: which addresses take them, and where they are while they come."""

from ec_builds.uploads.addresses import Address, Kind, find
from ec_builds.uploads.credentials import Secret, Token
from ec_builds.uploads.spool import Spool, Uploads

__all__ = ["Address", "Kind", "Secret", "Spool", "Token", "Uploads", "find"]
