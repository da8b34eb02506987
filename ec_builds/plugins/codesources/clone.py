"""A repository as `git clone` leaves it: with its history, its branches and tags, and a `.git`.

What a build does in a clone is its own affair, so nothing of it is shared with the mirror that it
comes from, nor with anything else outside its folder: a link to a pack would let a build rewrite
that pack for all builds after it.
"""

import os
import re

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, trees
from ec_builds.plugins.codesources.checkout import Checkout, Doubt, wish
from ec_builds.plugins.codesources.credentials import Credentials
from ec_builds.plugins.codesources.git import Git
from ec_builds.plugins.codesources.mirrors import SHELF, Mirrors
from ec_builds.plugins.codesources.refs import Refs, write
from ec_builds.plugins.codesources.refusal import absence
from ec_builds.plugins.codesources.repository import Repository

#: Folders that programs expect to find in any repository.
USUAL = ("hooks", "info")
#: What `git clone` writes; nothing of what our own git is told is in it.
CORE = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
"""
REMOTE = """[remote "origin"]
\turl = {}
\tfetch = +refs/heads/*:refs/remotes/origin/*
"""
BRANCH = """[branch "{}"]
\tremote = origin
\tmerge = {}
"""


def clone(url, ref, into, context):
    """Clone a repository into a folder of the workspace that is empty or not there yet.

    ref: a branch, a tag, or the hash of a commit, also an abbreviated one; without it the default
    branch. A branch is checked out as a local one that follows `origin`, all else without any.
    Returns facts. Raises BuildError, and has written nothing into the folder then.
    """
    repository = Repository.at(url, context.network.git_protocols)
    make_way(into, context.workspace)
    mirrors = Mirrors(context.cache / SHELF)
    with trees.scratch(context.workspace, "git-") as scratch:
        git = Git(repository, scratch / "tree", scratch / "store", context, Credentials())
        git.titled = False  # the log of a job tells what somebody would type
        wanted = wish(git, {"ref": ref})
        facts = Clone.make(git, mirrors, origin=url, **wanted)
        git.tree.rename(into)
    return {"giturl": repository.url, **wanted, **facts}


def make_way(into, workspace):
    """Make the folders around a clone. What was cloned before may have left something there."""
    name = paths.shown(os.path.relpath(into, workspace))
    told = f"The folder “{name}” for a clone"
    if not paths.inside(workspace, into):
        raise BuildError(f"{told} leads out of the workspace", path=name)
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        is_free = not into.is_symlink() and not (into.exists() and any(into.iterdir()))
    except OSError as error:
        raise BuildError(f"{told} cannot be made: {error.strerror}", path=name) from error
    if not is_free:
        raise BuildError(f"{told} is not empty", path=name)


class Clone(Checkout):
    """Fetches everything, and makes a repository around the files of one commit."""

    def __init__(self, git, mirrors, origin, ref=None, follow=True):
        super().__init__(git, mirrors, ref=ref, follow=follow)
        #: The address as it was given, wherever the repository is now.
        self.origin = origin
        #: What was fetched, and the branch to be on, if any.
        self.refs = self.own = None

    def fetched(self):
        """Fetch everything. Returns the hash of what is wanted."""
        advertised = self.advertised()
        with self.everything() as (shelf, git):
            if git.run("pack-refs", "--all").failed:
                raise Doubt(f"The branches of {self.where.url} could not be read")
            self.refs = Refs.of(shelf.path, advertised)
            self.own, hash = self.refs.find(self.ref)
            if hash is None:
                raise self.nothing(shelf)
            if self.own is None:
                self.check_kept(hash, shelf, git)
        return hash

    def advertised(self):
        """What the repository says of its HEAD."""
        outcome = self.git.run(
            "ls-remote", "--symref", "--", self.git.url, "HEAD", timeout=self.git.network.timeout
        )
        if outcome.failed:
            raise self.failure(outcome)
        return outcome.output

    def nothing(self, shelf):
        """The error about what was asked for, and is not there."""
        url, ref = self.where.url, self.ref
        told = f"There is no branch, tag or commit “{ref}” in {url}"
        if self.refs.is_empty or not ref:
            told = absence(self.where, None, None, self.refs.is_empty)
        kind = BuildError if shelf.is_whole else Doubt
        return kind(told, giturl=url, **({"ref": ref} if ref else {}))

    def write(self, revision):
        """Make the repository around the files of a commit."""
        store, local = self.git.store, {self.own, self.refs.default} - {None}
        self.refs.write(store, local)
        write(store / "HEAD", f"ref: refs/heads/{self.own}\n" if self.own else f"{revision}\n")
        self.part()
        self.check_out("HEAD")
        # not before: git has only been told what we say until now
        write(store / "config", configuration(self.origin, local))
        for name in USUAL:
            (store / name).mkdir()
        store.rename(self.git.tree / ".git")

    def part(self):
        """Copy all objects that the mirror has as well."""
        objects = self.git.store / "objects"
        for entry in trees.walk(objects, check=self.context.check):
            if entry.is_file() and entry.stat().st_nlink > 1:
                copy = f"{entry.path}.copy"
                trees.copy_file(entry, copy, objects, self.context.check)
                os.replace(copy, entry.path)


def configuration(origin, branches):
    """The text of a clone's configuration."""
    texts = [CORE, REMOTE.format(quoted(origin))]
    for name in sorted(branches):
        texts.append(BRANCH.format(escaped(name), quoted(f"refs/heads/{name}")))
    return "".join(texts)


def quoted(value):
    """A value in a configuration, in which a semicolon or a hash would begin a comment."""
    return f'"{escaped(value)}"' if re.search("[;#]", value) else escaped(value)


def escaped(text):
    return text.replace("\\", r"\\").replace('"', r"\"")
