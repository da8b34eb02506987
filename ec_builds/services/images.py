"""What can be done with versions of images: builds that wait for what they are made of."""

from functools import partial

from ec_builds.auth.policy import lacking
from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidParameter, InvalidValue, NoMatch, StillUsed
from ec_builds.oci import (
    ImageError, Login, Missing, Reference, Refused, Registry, Unreachable, inspect,
)
from ec_builds.services import builders
from ec_builds.services.slots import require_archive
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.database import CHANGE, after_commit, now, transaction
from ec_builds.store.image import Image, find_image
from ec_builds.store.original import Original

#: What versions that are not to be run so are made of.
OTHER = {
    "archive": "It is built from an archive that is uploaded, and not from a registry",
    "registry": "It is copied from a registry, and not built from an archive",
    "code": "It was built from the code of its platform",
}
ACTIVE = (State.RUNNING, State.CANCELLING)
NOWHERE = (
    "This server has no regional registries to push images to; its operator names them in"
    " EC_BUILDS_REGISTRIES"
)


class Images:
    """Versions of images, by application and number, or by organisation and name.

    regions: those whose registries get each image. network: the way to the registries of others.
    """

    def __init__(self, builds, organisations, slots, regions=(), network=None):
        self.builds, self.organisations, self.slots = builds, organisations, slots
        self.regions, self.network = regions, network
        self.policy = builds.policy

    def all(self, caller, app_id):
        """The versions in an app, but for those that were deleted; the newest first."""
        self.policy.require_scope(caller, Verb.READ, self.builds.kind)
        return [] if app_id is None else Image.all_of(app_id)

    def numbered(self, caller, app_id, number):
        """The version of an app with a number, be it deleted or not. Raises NoMatch."""
        self.policy.require_scope(caller, Verb.READ, self.builds.kind)
        return there(Image.numbered(app_id, number))

    def named(self, caller, app_id, name):
        """The version with a name in the app of an organisation; the same holds."""
        self.policy.require_scope(caller, Verb.READ, self.builds.kind)
        return there(app_id and Image.named(app_id, name))

    def create_numbered(self, caller, app_id, tag=None, kind="body", size=None):
        """A new version in an app, which waits for its archive.

        kind, size: how that comes, and its bytes if it comes in parts. Returns the version, and
        the Slot for its upload.
        """
        with transaction():
            platform = builders.of(app_id)
            return self.create(caller, platform, kind, size, source="archive", tag=tag)

    def create_named(self, caller, organisation, name=None, tag=None, size=None):
        """A new version of an organisation: an archive in parts, or an image to copy if it has no
        size. Raises InvalidValue for a name that is taken. Returns the same."""
        with transaction():
            platform = self.organisations.platform(caller, organisation)
            if name is not None and Image.named(platform.app_id, name):
                raise InvalidValue("buildId", f"There is, or was, a build {name} already")
            told = {"name": name, "tag": tag}
            if size is None:
                return self.create(caller, platform, None, None, source="registry", **told)
            return self.create(caller, platform, "parts", size, source="archive", **told)

    def create(self, caller, platform, kind, size, **told):
        if kind == "parts":
            self.slots.check(size)
        build = self.builds.submit(caller, platform.id, image=told)
        slot = self.slots.open(build.id, kind, size) if kind else None
        return find_image(build.id), slot

    def delete(self, caller, image):
        """Delete a version: it is known that there was one. Raises NoMatch, StillUsed."""
        if image.is_deleted:
            raise NoMatch("buildId")
        with transaction():
            build = self.builds.get(caller, image.build_id, CHANGE)
            if build.state in (State.QUEUED, *ACTIVE):
                raise StillUsed(verbose="The build is running; wait for its end")
            find_image(build.id).leave()
            self.builds.delete(caller, build, lambda thing: None)

    def expect(self, caller, image, source):
        """The build of a version that is to be run. Raises NoMatch and InvalidParameter."""
        if image.is_deleted:
            raise NoMatch("buildId")
        build = self.builds.get(caller, image.build_id)
        self.policy.require_scope(caller, Verb.CREATE, self.builds.kind)
        if not self.policy.has_role(caller, Verb.CANCEL, self.builds.kind, build):
            raise lacking(caller, Verb.CREATE, self.builds.kind, build.app_id)
        if build.state != State.CREATED:
            told = "It was run already, or cancelled; create another build"
            raise InvalidParameter("buildId", told)
        if image.source != source:
            raise InvalidParameter("buildId", OTHER[image.source])
        if not self.regions:
            raise InvalidParameter("buildId", NOWHERE)
        return build

    def run(self, caller, image, archive=None):
        """Build what was uploaded, or an archive that comes with the request. Returns the build.

        Raises InvalidParameter unless it is whole, and can be an archive.
        """
        build = self.expect(caller, image, "archive")
        if archive is None:
            self.slots.inspect(build.id)
            return self.begin(caller, image, "archive", self.slots.close)
        require_archive(archive)
        with self.slots.stored(build.id, 1, archive) as part:
            return self.begin(caller, image, "archive", partial(self.slots.close, part=part))

    def copy(self, caller, image, reference, registry=None, auth=None):
        """Copy the image of a registry, with a login for it. Returns the build.

        Raises NoMatch, InvalidParameter and InvalidValue if it is seen at once that this cannot be.
        """
        self.expect(caller, image, "registry")
        self.look_up(reference, registry, auth)
        keep = partial(Original.keep, reference=reference, registry=registry, auth=auth)
        return self.begin(caller, image, "registry", keep)

    def look_up(self, name, registry, auth):
        """Raises what speaks against copying the image that somebody has named."""
        try:
            reference = Reference.read(name, registry)
            login = Login.read(auth) if auth else None
            inspect(Registry.at(self.network, reference, login), reference)
        except Missing as error:
            raise NoMatch("image", str(error)) from error
        except (Unreachable, Refused) as error:
            raise InvalidParameter("image", str(error)) from error
        except ImageError as error:
            raise InvalidValue("image", str(error)) from error

    def begin(self, caller, image, source, settle):
        """Queue a build that waited; `settle` makes sure of what it is made of, given its id."""
        with transaction():
            self.builds.get(caller, image.build_id, CHANGE)
            build = self.expect(caller, image, source)
            settle(build.id)
            Build.move(build.id, State.QUEUED, detail=None)
            Image.update(begun=now()).where(Image.id == image.id).execute()
            Build.record(build.id, "All is there; the build is queued", info=caller.origin)
            self.builds.note(caller, Verb.EDIT, build)
            after_commit(self.builds.executor.ring)
        return build


def there(image):
    """A version that was looked for. Raises NoMatch."""
    if image is None:
        raise NoMatch("buildId")
    return image
