"""What can be wrong with an image, or with the registry that has it; each says so in a sentence."""

from ec_builds.errors import BuildError


class ImageError(BuildError):
    """An image cannot be used, or a registry not be worked with."""

    #: Whether the same might work a moment later.
    passing = False


class Unreachable(ImageError):
    """The registry does not answer, or it cannot at the moment."""

    def __init__(self, message, /, passing=False, **info):
        super().__init__(message, **info)
        self.passing = passing


class Refused(ImageError):
    """The registry does not accept the credential, or wants one."""


class Missing(ImageError):
    """The registry has no such image, or shows it to nobody."""


class Unfit(ImageError):
    """The image is none for linux/amd64, or of a kind that is not understood."""


class Broken(ImageError):
    """What came is not what it should be: damaged, forged, or too large."""
