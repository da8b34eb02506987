"""Versions of images: builds as those know them who number or name these."""

import re

import peewee

from ec_builds.states import State
from ec_builds.store.application import Application
from ec_builds.store.build import Build
from ec_builds.store.database import JSONField, Row, new_id, now
from ec_builds.store.leftover import Leftover
from ec_builds.store.organisation import Organisation
from ec_builds.store.prepared import Prepared

#: The type of the platforms whose builds are versions of an image, and of what these leave.
TYPE = "containerImage"
#: What the name of one begins with that was given none.
PREFIX = "bld-"
#: What the tag of an image can be (OCI Distribution Specification, section “Pull”).
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)


class Image(Row):
    """A version of an image. It stays when its build is gone, as its number is never given again.

    In an application it has a `number`; in an organisation a `name`.
    """

    id = peewee.AutoField()
    app_id = peewee.TextField()
    #: The build; None when that is gone.
    build = peewee.ForeignKeyField(Build, null=True)
    number = peewee.IntegerField(null=True)
    name = peewee.TextField(null=True)
    tag = peewee.TextField(null=True)
    #: Where it comes from: archive (which is uploaded), registry, or code of the platform.
    source = peewee.TextField()
    #: When it was said that it is to be built.
    begun = peewee.TextField(null=True)
    #: What was known of the build when it was deleted.
    remains = JSONField(null=True)

    @classmethod
    def register(cls, build, source="code", name=None, tag=None):
        """A new version, for a build that was written down a moment ago."""
        is_named = Organisation.has(build.app_id)
        return cls.create(
            app_id=build.app_id,
            build=build,
            number=None if is_named else Application.next_image(build.app_id),
            name=(name or PREFIX + new_id()) if is_named else None,
            tag=tag,
            source=source,
            begun=None if build.state == State.CREATED else build.started,
        )

    @classmethod
    def all_of(cls, app_id):
        """The versions in an app, but for those that were deleted; the newest first."""
        query = cls.select(cls, Build).join(Build).where(cls.app_id == app_id)
        return list(query.where(cls.remains.is_null(), Build.deleted.is_null()).order_by(-cls.id))

    @classmethod
    def numbered(cls, app_id, number):
        """The version of an app with a number, be it deleted or not; or None."""
        return cls.get_or_none(cls.app_id == app_id, cls.number == number)

    @classmethod
    def named(cls, app_id, name):
        """The version of an organisation with a name, be it deleted or not; or None."""
        return cls.get_or_none(cls.app_id == app_id, cls.name == name)

    @classmethod
    def bury(cls, build):
        """The row of a build is about to go: remember what is to be known of it.

        What it has left in registries is to be removed there.
        """
        image = find_image(build.id)
        if image is None:
            return
        for each in references(build):
            Leftover.expect(build, each["region"], each["reference"], due=0)
        if image.remains is None:
            cls.update(remains=image.facts).where(cls.id == image.id).execute()

    @property
    def facts(self):
        """What is known of its build, which may be gone: a dict of JSON values."""
        if self.remains is not None:
            return self.remains
        build = self.build
        made = build.location["config"] if is_image(build.location) else {}
        return {
            "state": str(build.state),
            "created": build.started,
            "creator": build.creator,
            "finished": build.finished,
            "deleted": build.deleted,
            "size": made.get("size", 0),
            "digest": made.get("digest"),
            "references": [] if build.deleted else references(build),
        }

    @property
    def repository(self):
        """What the repository of the image is called in each registry."""
        if self.name is None:
            return f"app-{self.app_id}"
        return f"org-{Organisation.get(Organisation.app == self.app_id).id}"

    @property
    def registry_tag(self):
        """What its tag is there: a name that can be one, or else the id of the build."""
        if self.name is None:
            return str(self.number)
        return self.name if TAG.fullmatch(self.name) else f"build-{self.build_id}"

    @property
    def is_deleted(self):
        return self.facts["deleted"] is not None

    def leave(self):
        """It is deleted: remember how its build was, which is going to be deleted as well."""
        remains = {**self.facts, "deleted": now(), "references": []}
        Image.update(remains=remains).where(Image.id == self.id).execute()


def is_used(app_id, digest):
    """Whether a build of an app that is there has left an image with a digest."""
    mine = Build.select(Build.location).where(Build.app_id == app_id, Build.location.is_null(False))
    mine = mine.join(Image, on=Image.build == Build.id)
    found = (location for location, in mine.tuples() if is_image(location))
    return any(location["config"]["digest"] == digest for location in found)


def is_image(location):
    """Whether what a build has left is an image."""
    return location is not None and location["type"] == TYPE


def references(build):
    """What a build has left in registries: dicts of region and reference."""
    return build.location["config"]["images"] if is_image(build.location) else []


def find_image(build_id):
    """The version that a build makes, or None; every build asks."""
    return OF_BUILD.first(Image, build_id)


OF_BUILD = Prepared(lambda build_id: Image.select().where(Image.build == build_id))
