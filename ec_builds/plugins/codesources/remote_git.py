"""Code from a git repository."""

import re
from dataclasses import replace

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, schemas, trees
from ec_builds.plugins.codesources.git import Git
from ec_builds.plugins.codesources.refusal import refusal
from ec_builds.plugins.codesources.repository import Repository
from ec_builds.plugins.contract import CodeSource

#: What servers say of a commit that they do not hand out by its hash alone.
WITHHELD = re.compile("unadvertised object|not our ref|find remote ref|no such remote ref")
COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
ABBREVIATED = re.compile(r"[0-9a-fA-F]{4,64}")
#: Of a name in git: nothing that looks like an option, a range or a path out of somewhere.
NAME = "^[^-./\\s~^:?*\\[\\\\][^\\s~^:?*\\[\\\\]*$"
#: How addresses of repositories begin; whether a protocol is allowed is seen when it is fetched.
FORMS = ("(https?|ssh|git|file)://[^\\s]+", "[^-/:\\s][^/:\\s]*:(?!//)[^\\s]+")
EVERYTHING = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
ADVERTISEMENT = "/info/refs?service=git-upload-pack"


class RemoteGit(CodeSource):
    """Fetches one commit, without its history, submodules and large files kept elsewhere."""

    type = "remoteGit"
    config_schema = schemas.config(
        {
            "giturl": {
                "type": "string",
                "pattern": f"^(?!https?://[^/]*@)({'|'.join(FORMS)})$",
                "maxLength": 2000,
                "description": "Where the repository is, as in https://host/path.git "
                "or git@host:path.git. Without user and password.",
            },
            "branch": {
                "type": "string",
                "pattern": NAME,
                "maxLength": 250,
                "description": "The branch to build. Without it, and without ref, "
                "the repository's default branch.",
            },
            "ref": {
                "type": "string",
                "pattern": NAME,
                "maxLength": 250,
                "description": "A tag, or the full or abbreviated hash of a commit; "
                "in place of a branch.",
            },
            "subdirectory": schemas.subdirectory("the repository"),
        },
        required=["giturl"],
    ) | {"not": {"required": ["branch", "ref"]}}

    def fetch(self, config, into, context):
        repository = Repository.at(config["giturl"], context.network.git_protocols)
        with trees.scratch(context.workspace, "git-") as scratch:
            tree = scratch / "tree"
            tree.mkdir()
            git = Git(repository, tree, scratch / "store", context)
            wanted = wish(git, config)
            try:
                facts = Checkout(git, **wanted).run()
            except Moved as moved:
                git = Git(moved.repository, tree, scratch / "moved", context)
                facts = Checkout(git, **wanted, follow=False).run()
            if config.get("subdirectory"):
                tree = paths.subfolder(
                    tree, config["subdirectory"], "subdirectory", "the repository"
                )
            trees.move(tree, into)
        return {"giturl": repository.url, **wanted, **facts}


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


class Moved(Exception):
    """The repository is somewhere else now; git is not allowed to follow by itself."""

    def __init__(self, repository):
        super().__init__(repository.url)
        self.repository = repository


class Checkout:
    """The wanted commit on its way from a repository into a folder."""

    def __init__(self, git, branch=None, ref=None, follow=True):
        self.git, self.branch, self.ref, self.follow = git, branch, ref, follow
        self.where = git.repository

    def run(self):
        """Fetch and check out. Returns facts."""
        begun = self.git.run("init", "--quiet", "--template=", "--initial-branch=main")
        if begun.failed:
            raise BuildError("git could not begin a repository", **begun.facts)
        revision = self.revision()
        done = self.git.run("checkout", "--quiet", "--force", "--detach", revision, "--")
        if done.failed:
            raise BuildError("The fetched code could not be written", **done.facts)
        subject = self.git.read("log", "-1", "--format=%s", revision, "--")
        return {"revision": revision} | ({"subject": subject[:200]} if subject else {})

    def revision(self):
        """The wanted commit, fetched. Returns its hash."""
        if self.ref:
            return self.by_ref(self.ref)
        return self.by_name(f"refs/heads/{self.branch}" if self.branch else "HEAD")

    def by_name(self, name):
        outcome = self.git.fetch(name)
        if outcome.failed:
            raise self.failure(outcome)
        return self.commit("FETCH_HEAD")

    def by_ref(self, ref):
        """A tag, or a commit: as servers differ in what they hand out, in several attempts."""
        if COMMIT.fullmatch(ref):
            outcome = self.git.fetch(ref.lower())
        else:
            outcome = self.git.fetch(f"refs/tags/{ref}")
        if not outcome.failed:
            return self.commit("FETCH_HEAD")
        if not (ABBREVIATED.fullmatch(ref) and WITHHELD.search(outcome.output)):
            raise self.failure(outcome)
        everything = self.git.fetch(*EVERYTHING, depth=None)
        if everything.failed:
            raise self.failure(everything)
        return self.commit(ref.lower())

    def commit(self, name):
        """The full hash of a commit that is there."""
        outcome = self.git.run("rev-parse", "--verify", f"{name}^{{commit}}")
        if not outcome.failed:
            return outcome.output.strip().splitlines()[-1]
        if "ambiguous" in outcome.output:
            told = f"Several commits of {self.where.url} begin with “{self.ref}”"
        else:
            told = f"There is no commit “{self.ref or name}” in {self.where.url}"
        raise BuildError(told, giturl=self.where.url, ref=self.ref, **outcome.facts)

    def failure(self, outcome):
        """The sentence for a fetch that failed; where git was sent elsewhere, a way to go on."""
        if self.follow and re.search(r"returned error: 30\d", outcome.output):
            moved = self.moved()
            if moved != self.where:
                return Moved(moved)
        empty = missing(outcome) and self.git.read("ls-remote", "--", self.git.url) == ""
        told = refusal(outcome, self.where, self.branch, self.ref, empty)
        return BuildError(told, giturl=self.where.url, **outcome.facts)

    def moved(self):
        """Where a web server says that the repository is, each step on the way checked."""
        network = self.git.network
        with network.open(self.where.url + ADVERTISEMENT) as answer:
            url = answer.url
        if not url.endswith(ADVERTISEMENT):
            return self.where
        moved = Repository.at(url.removesuffix(ADVERTISEMENT), network.git_protocols)
        return replace(moved, user=self.where.user)


def missing(outcome):
    """Whether the repository answered, and what was asked for is not in it."""
    return "find remote ref" in outcome.output
