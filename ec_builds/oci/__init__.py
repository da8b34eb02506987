"""Images of containers: their names, their registries, and folders with them.

Registries are spoken to through `ec_builds.network`, for most of them are anybody's.
What is wrong with an image or a registry is an ImageError, whose class says what kind
of trouble it is.
"""

from ec_builds.oci.errors import Broken, ImageError, Missing, Refused, Unfit, Unreachable
from ec_builds.oci.inspection import Image, inspect
from ec_builds.oci.layout import Layout
from ec_builds.oci.logins import Login, Logins
from ec_builds.oci.reference import Reference
from ec_builds.oci.regions import Region
from ec_builds.oci.registry import Registry
from ec_builds.oci.saved import unpack
from ec_builds.oci.transfer import copy, push
from ec_builds.oci.withdrawal import withdraw

__all__ = [
    "Broken", "Image", "ImageError", "Layout", "Login", "Logins", "Missing", "Reference",
    "Refused", "Region", "Registry", "Unfit", "Unreachable", "copy", "inspect", "push", "unpack",
    "withdraw",
]
