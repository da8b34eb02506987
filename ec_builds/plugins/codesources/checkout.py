"""A commit on its way from a repository, through its mirror, into a folder."""

import logging
import re
from contextlib import contextmanager
from dataclasses import replace

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, trees
from ec_builds.plugins.codesources import mirror
from ec_builds.plugins.codesources.mirrors import Mirrors
from ec_builds.plugins.codesources.refusal import is_clear, refusal
from ec_builds.plugins.codesources.repository import Repository

log = logging.getLogger(__name__)

#: What servers say of a commit that they do not hand out by its hash alone.
WITHHELD = re.compile("unadvertised object|not our ref|find remote ref|no such remote ref")
COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
ABBREVIATED = re.compile(r"[0-9a-fA-F]{4,64}")
EVERYTHING = ("+refs/heads/*:refs/kept/heads/*", "+refs/tags/*:refs/kept/tags/*")
#: Of commits, those that no ref leads to.
BEYOND = ("--not", "--all", "--")
ADVERTISEMENT = "/info/refs?service=git-upload-pack"


class Moved(Exception):
    """The repository is somewhere else now; git is not allowed to follow by itself."""

    def __init__(self, repository):
        super().__init__(repository.url)
        self.repository = repository


class Doubt(BuildError):
    """A failure that may be the fault of the mirror."""


class Checkout:
    """Fetches one commit by a branch, a ref or neither, and writes its files into a folder.

    The fetch goes into the mirror, which is locked that long; the files are then written from
    a repository of this build alone. Mirrors are not to be trusted: machines lose power, and
    operators tidy up, also while builds fetch. So what may be a mirror's fault is tried once more
    with a mirror that nobody else knows of.
    """

    def __init__(self, git, mirrors, branch=None, ref=None, follow=True):
        self.git, self.mirrors, self.context = git, mirrors, git.context
        self.branch, self.ref, self.follow = branch, ref, follow
        self.where = git.repository

    @classmethod
    def make(cls, git, mirrors, **wanted):
        """Make one, where the repository is now. Returns facts."""
        try:
            return cls(git, mirrors, **wanted).run()
        except Moved as moved:
            return cls(git.at(moved.repository), mirrors, **wanted, follow=False).run()

    def run(self):
        """Fetch and check out. Returns facts."""
        try:
            return self.attempt()
        except (Doubt, OSError):
            self.discard_mirrors()
        self.mirrors = Mirrors(self.git.store.with_name("mirrors"))
        return self.attempt()

    def discard_mirrors(self):
        """Let the next build begin new ones."""
        for whole in (False, True):
            doubtful = self.mirrors.of(self.where, whole)
            try:
                if doubtful.path.exists():
                    with doubtful.alone(self.context):
                        doubtful.discard()
            except OSError as error:  # somebody else is at it, or the disk is in a bad way
                log.warning("The mirror %s could not be discarded: %s", doubtful.path, error)

    def attempt(self):
        self.mirrors.tidy()
        for folder in (self.git.store, self.git.tree):
            trees.remove(folder)
        self.git.tree.mkdir()
        mirror.begin(self.git.store)
        revision, subject = self.commit(self.fetched())
        self.write(revision)
        return {"revision": revision} | ({"subject": subject[:200]} if subject else {})

    def write(self, revision):
        """Write the files of a commit."""
        self.check_out("--detach", revision)

    def check_out(self, *what):
        done = self.git.run("checkout", "--quiet", "--force", *what, "--")
        if done.failed:
            raise Doubt("The fetched code could not be written", **done.facts)

    def fetched(self):
        """Fetch what is wanted. Returns a hash for it, perhaps abbreviated."""
        if self.ref:
            return self.by_ref(self.ref)
        return self.by_name(f"refs/heads/{self.branch}" if self.branch else "HEAD")

    def by_name(self, name):
        outcome, found = self.single(name)
        if outcome.failed:
            raise self.failure(outcome)
        return found

    def by_ref(self, ref):
        """A tag, or a commit: as servers differ in what they hand out, in several attempts."""
        outcome, found = self.single(ref.lower() if COMMIT.fullmatch(ref) else f"refs/tags/{ref}")
        if not outcome.failed:
            return found
        if not (ABBREVIATED.fullmatch(ref) and WITHHELD.search(outcome.output)):
            raise self.failure(outcome)
        return self.among_all(ref.lower())

    def single(self, name):
        """Fetch one commit, without history. Returns the outcome, and the hash if there is one."""
        shelf = self.mirrors.of(self.where)
        with shelf.alone(self.context):
            outcome = self.git.within(shelf.path).fetch(mirror.refspec(name))
            if not outcome.failed:
                shelf.share(self.git.store)
                return outcome, mirror.fetched(shelf.path, name)
        if "does not support shallow" in outcome.output:
            # A web server that knows nothing of git. Git would take its commits from a mirror
            # without asking it, so there is none.
            outcome = self.git.fetch(mirror.refspec(name), depth=None)
            if not outcome.failed:
                return outcome, mirror.fetched(self.git.store, name)
        return outcome, None

    def among_all(self, hash):
        """Fetch everything, for a commit that cannot be asked for. Returns the hash."""
        with self.everything() as (shelf, git):
            self.check_kept(hash, shelf, git)
        return hash

    @contextmanager
    def everything(self):
        """Fetch all branches and tags with their history.

        Yields their mirror while it is locked, and the git that knows its refs.
        """
        shelf = self.mirrors.of(self.where, whole=True)
        with shelf.alone(self.context):
            git = self.git.within(shelf.path)
            outcome = git.fetch(*EVERYTHING, depth=None, options=("--prune",))
            if outcome.failed:
                raise self.failure(outcome)
            shelf.share(self.git.store)
            yield shelf, git

    def check_kept(self, hash, shelf, git):
        """Refuse a commit that the mirror knows and the repository has given up."""
        given_up = git.run("log", "-1", "--format=%H", f"{hash}^{{commit}}", *BEYOND)
        if given_up.failed or given_up.output.strip():
            raise self.absence(hash, given_up, BuildError if shelf.is_whole else Doubt)

    def commit(self, name):
        """The full hash and the subject of a commit that is there."""
        outcome = self.git.run("log", "-1", "--format=%s%n%H", f"{name}^{{commit}}", "--")
        *before, revision = outcome.output.rstrip().split("\n")
        if outcome.failed or not COMMIT.fullmatch(revision):
            raise self.absence(name, outcome, Doubt)
        return revision, before[-1].strip() if before else ""

    def absence(self, name, outcome, kind=BuildError):
        """The error about a commit that is not there."""
        if "ambiguous" in outcome.output:
            kind = Doubt  # the other one may be in the mirror alone
            told = f"Several commits of {self.where.url} begin with “{self.ref}”"
        else:
            told = f"There is no commit “{self.ref or name}” in {self.where.url}"
        return kind(told, giturl=self.where.url, ref=self.ref, **outcome.facts)

    def failure(self, outcome):
        """The sentence for a fetch that failed; where git was sent elsewhere, a way to go on."""
        if self.follow and re.search(r"returned error: 30\d", outcome.output):
            moved = self.moved()
            if moved != self.where:
                return Moved(moved)
        empty = missing(outcome) and self.git.read("ls-remote", "--", self.git.url) == ""
        told = refusal(outcome, self.where, self.branch, self.ref, empty)
        kind = BuildError if is_clear(outcome) else Doubt
        return kind(told, giturl=self.where.url, **outcome.facts)

    def moved(self):
        """Where a web server says that the repository is, each step on the way checked."""
        network = self.git.network
        headers = self.git.credentials.headers()
        with network.open(self.where.url + ADVERTISEMENT, headers) as answer:
            url = answer.url
        if not url.endswith(ADVERTISEMENT):
            return self.where
        moved = Repository.at(url.removesuffix(ADVERTISEMENT), network.git_protocols)
        return replace(moved, user=self.where.user)


def missing(outcome):
    """Whether the repository answered, and what was asked for is not in it."""
    return "find remote ref" in outcome.output


def wish(git, config):
    """What is asked for: a branch, a ref or neither."""
    wanted = {key: config[key] for key in ("branch", "ref") if config.get(key)}
    if len(wanted) > 1:
        raise BuildError("Either a branch or a ref can be built, not both", **wanted)
    for what, name in wanted.items():
        bad = name.startswith("-") or git.run("check-ref-format", f"refs/heads/{name}").failed
        if bad or name.startswith("refs/"):
            raise BuildError(
                f"The {what} “{paths.shown(name)}” is not a name that git allows",
                **{what: paths.shown(name)},
            )
    return wanted
