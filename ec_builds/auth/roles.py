"""The roles that one can have in an app, each of which may do what the ones before may."""

from enum import IntEnum


class Role(IntEnum):
    """Whoever has a token is ANYBODY in all apps; an admin of the server is ADMIN in all."""

    ANYBODY = 0
    VIEWER = 1
    DEVELOPER = 2
    MAINTAINER = 3
    OWNER = 4
    ADMIN = 5

    @property
    def word(self):
        """How it is stored and sent."""
        return self.name.lower()

    @classmethod
    def called(cls, word):
        """The role of a word. Raises KeyError."""
        return cls[word.upper()]


#: Those that an app can give.
GIVEN = (Role.VIEWER, Role.DEVELOPER, Role.MAINTAINER, Role.OWNER)
