"""Builds that are submitted as a manifest: where they go to follows from it."""

from dataclasses import replace

from ec_builds.auth.policy import lacking
from ec_builds.auth.rules import Verb
from ec_builds.errors import NoMatch
from ec_builds.manifest import grammar
from ec_builds.manifest.plan import slug
from ec_builds.services import demolition
from ec_builds.services.tags import checked
from ec_builds.store import holdings, submitted
from ec_builds.store.account import Account
from ec_builds.store.artifact import Artifact
from ec_builds.store.build import Build
from ec_builds.store.database import CHANGE, transaction
from ec_builds.store.job import Job

#: The id of no account.
NOBODY = ""
#: What a database takes for the number of a build.
LARGEST_NUMBER = 2**31 - 1


class Submissions:
    """Builds by whose they are and their numbers, whichever face they were submitted to.

    drivers: the types that manifests may use here.
    """

    def __init__(self, builds, namespaces, kept, drivers):
        self.builds, self.namespaces, self.kept = builds, namespaces, kept
        self.drivers = drivers

    def submit(self, caller, text, comment=None, tags=()):
        """Write down that a build by a manifest is wanted. Returns the build.

        Nothing is stored unless all of it is right. Raises ManifestError, and NoMatch for a
        namespace that one has no part in.
        """
        self.builds.policy.require_scope(caller, Verb.CREATE, self.builds.kind)
        manifest = grammar.read(text, drivers=self.drivers)
        tags = checked(tag for tag in tags if tag)
        with transaction():
            namespace = self.namespaces.open(caller, manifest.namespace, manifest.owner)
            platform = self.namespaces.platform(namespace)
            return self.builds.submit(caller, platform.id, comment, text, tags)

    def complete(self, build):
        """A build with all that this face shows beside it."""
        submitted.complete_builds([build])
        return build

    def page(
        self, caller, number, size, tag=None, search=None, states=None, pinned=False, app=None,
        given=None,
    ):
        """Some of the builds of the apps that a caller belongs to, and the number of the last page.

        tag: one that they have; search: a part of one; states: those that they may be in, or None
        for any; app: the id of the only app; given: that of an object that they are given.
        """
        self.builds.policy.require_scope(caller, Verb.READ, self.builds.kind)
        conditions = [Build.state.in_(states)] if states is not None else []
        conditions += [submitted.tagged(tag)] if tag else []
        conditions += [submitted.tagged_like(search)] if search else []
        conditions += [Build.pinned] if pinned else []
        conditions += [Build.app_id == app] if app else []
        conditions += [submitted.given(given)] if given else []
        # an admin sees all builds, but does not own them; an app was looked into already
        reach = caller.reach if app else replace(caller.reach, everything=False)
        return submitted.page(reach, conditions, number, size)

    def find(self, caller, username, number):
        """The build of a user with a number, or else with such an id. Raises NoMatch, or what
        speaks against reading it."""
        found = self.within_reach(caller, username, number)
        self.builds.may_read(caller, found)
        return found

    def within_reach(self, caller, username, number):
        """The same to do something else with it, for which one need not be allowed to read it."""
        account = Account.get_or_none(Account.username == username)
        # it takes as long if there is no such account
        found = None
        if number <= LARGEST_NUMBER:
            found = submitted.of_owner(caller.reach, account.id if account else NOBODY, number)
        if found is None:
            raise NoMatch("buildID")
        return found

    def kill(self, caller, username, number):
        """End a build before its time; one that has ended stays as it is."""
        policy, kind = self.builds.policy, self.builds.kind
        policy.require_scope(caller, Verb.DELETE, kind)
        with transaction():
            build = self.within_reach(caller, username, number)
            current = self.builds.get(caller, build.id, CHANGE)
            if not policy.has_role(caller, Verb.CANCEL, kind, current):
                raise lacking(caller, Verb.CANCEL, kind, current.app_id, current)
            if current.can_be_cancelled:
                self.builds.note(caller, Verb.CANCEL, current)
                ending = demolition.of_run(Build, build.id, caller.origin)
                self.builds.stop_after_commit(ending)

    def pin(self, caller, username, number, wanted):
        """Pin a build, or take the pin off; which it may have been already."""
        build = self.within_reach(caller, username, number)
        verb = Verb.PIN if wanted else Verb.UNPIN
        policy, kind = self.builds.policy, self.builds.kind
        policy.require_scope(caller, verb, kind)
        if not policy.has_role(caller, verb, kind, build):
            raise lacking(caller, verb, kind, build.app_id, build)
        if bool(build.pinned) is not wanted:
            change = self.builds.pin if wanted else self.builds.unpin
            change(caller, build, lambda thing: None)
        return self.within_reach(caller, username, number)

    def jobs(self, build):
        """The jobs of a build in the order in which they run."""
        return list(Job.of(build.id))

    def job(self, build, key):
        """A job of a build by its id, its name, or its name as a word. Raises NoMatch."""
        return chosen(self.jobs(build), key)

    def artifacts(self, build):
        """The artifacts of a build by their names."""
        return list(Artifact.of(build.id))

    def artifact(self, build, key):
        """An artifact of a build by its id or its name. Raises NoMatch."""
        return chosen(self.artifacts(build), key)

    def variables(self, build):
        """The variables that a build was submitted with, by their keys."""
        return holdings.variables_of(build)

    def objects(self, build):
        """The objects that a build is given, and that are there, by their names."""
        return holdings.objects_of(build)

    def content(self, artifact):
        """The bytes of an artifact as a Found; None if they are not there (any more)."""
        if artifact.key is None:
            return None
        return self.kept.find(artifact.key, artifact.name, artifact.sha256)


def chosen(rows, key):
    """The row with an id, or the first with a name, or with one that is such a word."""
    if key.isascii() and key.isdecimal():
        for row in rows:
            if str(row.id) == key.lstrip("0"):
                return row
    for spelled in (str, slug):
        for row in rows:
            if spelled(row.name) == key:
                return row
    raise NoMatch("id")
