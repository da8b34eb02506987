"""What can be done with builds."""

from dataclasses import dataclass, field

from ec_builds.auth.addresses import current
from ec_builds.auth.rules import Verb
from ec_builds.errors import BuildError, ExpiredToken, InvalidParameter, InvalidToken, NoMatch
from ec_builds.lists import catalog
from ec_builds.services import builders, demolition
from ec_builds.services.collection import Collection
from ec_builds.states import State
from ec_builds.store import lists
from ec_builds.store import outline as outlines
from ec_builds.store.build import Build
from ec_builds.store.database import CHANGE, KEEP, after_commit, now, transaction
from ec_builds.store.image import TYPE as IMAGE
from ec_builds.store.image import Image
from ec_builds.store.person import Person, owner_of
from ec_builds.store.tag import Tag
from ec_builds.store.webhook import Delivery

#: By the source of an image, what a build waits for that is to make it.
WAITS = {
    "archive": "it waits for an archive that is uploaded, and to be run",
    "registry": "it waits to be told which image it is to copy",
}


class Builds(Collection):
    kind, listing, rows = "build", catalog.BUILDS, lists.BUILDS

    def __init__(self, policy=None, executor=None, plugins=None, drivers=()):
        super().__init__(policy, executor)
        self.plugins, self.drivers = plugins, drivers

    def submit(self, caller, platform_id, comment=None, manifest=None, tags=(), image=None):
        """Write down that a build is wanted; it runs when a worker is free. Raises NoMatch.

        manifest: what this build alone is made by, on a platform that builds by manifests.
        tags: those that it has from the beginning.
        image: how the version of an image is called that it makes; it waits for what it is made of,
        and is begun once at the most.
        """
        with transaction():
            platform = lists.PLATFORMS.bare(platform_id, caller.reach, KEEP)
            if platform is None:
                raise NoMatch("platformID")
            self.policy.require_on_collection(caller, Verb.CREATE, self.kind, platform.app_id)
            waits = image and WAITS[image["source"]]
            build = self.write(caller, platform, comment, waits)
            self.write_outline(build, platform, manifest)
            if platform.type == IMAGE:
                self.write_image(build, platform, image)
            if tags:
                Tag.give(build.id, caller.id, tags)
            Delivery.announce(build.id, "build.submitted")
            told = f"Build accepted; {waits}" if waits else "Build accepted"
            Build.record(build.id, told, info=caller.origin)
            self.note(caller, Verb.CREATE, build)
            after_commit(self.executor.ring)
            return lists.complete_new_build(build)

    def write(self, caller, platform, comment, waits):
        """The row of a new build; `waits` says for what it is made of, if it does."""
        owner_id = owner_of(platform.app_id)
        return Build.create(
            app_id=platform.app_id,
            platform_id=platform.id,
            creator=caller.signature,
            comment=comment,
            owner_id=owner_id,
            number=owner_id and Person.next_build(owner_id),
            state=State.CREATED if waits else State.QUEUED,
            detail=waits and f"{waits[0].upper()}{waits[1:]}",
            once=bool(waits),
        )

    def write_image(self, build, platform, image):
        """Write down which version of an image a build makes."""
        if image is None and builders.source_type(platform) == builders.UPLOADED:
            told = "Its code is an archive that is uploaded for each build: see the Hathora API."
            raise InvalidParameter("platformID", told)
        Image.register(build, **image or {})

    def write_outline(self, build, platform, manifest):
        """Write down what is known of a build before it runs, if anything is."""
        plugin = self.plugins and self.plugins.get("platform", platform.type)
        if plugin is None:
            return
        own = {} if manifest is None else {"manifest": manifest}
        try:
            outline = plugin.outline({**platform.config, **own}, build.number)
        except BuildError as error:
            raise InvalidParameter("platformID", f"It cannot be built. {error}.") from error
        if outline is None:
            return
        if outline.driver not in self.drivers:
            told = f"It needs the driver {outline.driver}, which is not enabled on this server."
            raise InvalidParameter("platformID", told)
        outlines.write(build, outline)

    def pin(self, caller, build, unchanged):
        """Keep a build whatever the retention of its app says."""
        return self.change_pin(caller, build, unchanged, Verb.PIN)

    def unpin(self, caller, build, unchanged):
        """Leave a build to the retention of its app again."""
        return self.change_pin(caller, build, unchanged, Verb.UNPIN)

    def change_pin(self, caller, build, unchanged, verb):
        with transaction():
            changed = self.change(caller, build, unchanged, verb, pinned=verb is Verb.PIN)
            Delivery.announce(build.id, f"build.{verb}ned")
            return changed

    def cancel(self, caller, build, unchanged):
        """End a build before its time; what runs is stopped by whoever runs it."""
        with transaction():
            current = self.get(caller, build.id, CHANGE)
            self.policy.require(caller, Verb.CANCEL, self.kind, current)
            unchanged(current)
            self.note(caller, Verb.CANCEL, current)
            self.stop_after_commit(demolition.of_run(Build, build.id, caller.origin))
            return self.get(caller, build.id)

    def permit(self, caller, build):
        """What lets a caller watch a build for as long as it holds."""
        token_id = caller.token and caller.token.id
        return Permit(self, caller.id, token_id, caller.until, build.id)

    def facts(self, build):
        return {"platformID": build.platform_id}

    def let_go(self, build):
        return demolition.of_run(Build, build.id)


@dataclass(frozen=True)
class Permit:
    """That an account may read a build, by a token if it came by one; both may lose that.

    until: when the token of an identity provider ends.
    """

    builds: Builds = field(compare=False)
    account_id: str
    token_id: str | None
    until: str | None
    build_id: int

    def holds(self):
        """Whether it still is so."""
        if self.until and self.until < now():
            return False
        try:
            caller = current(self.account_id, self.token_id)
        except (InvalidToken, ExpiredToken):
            return False
        build = lists.BUILDS.bare(self.build_id, caller.reach)
        may = self.builds.policy.permits
        return build is not None and may(caller, Verb.READ, Builds.kind, build)
