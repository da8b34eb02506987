"""Code from a git repository."""

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, schemas, trees
from ec_builds.plugins.codesources.checkout import Checkout, Moved
from ec_builds.plugins.codesources.git import Git
from ec_builds.plugins.codesources.mirrors import Mirrors
from ec_builds.plugins.codesources.repository import Repository
from ec_builds.plugins.contract import CodeSource

#: Of a name in git: nothing that looks like an option, a range or a path out of somewhere.
NAME = "^[^-./\\s~^:?*\\[\\\\][^\\s~^:?*\\[\\\\]*$"
#: How addresses of repositories begin; whether a protocol is allowed is seen when it is fetched.
FORMS = ("(https?|ssh|git|file)://[^\\s]+", "[^-/:\\s][^/:\\s]*:(?!//)[^\\s]+")
#: Where in the cache the mirrors are.
SHELF = "git"


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
        mirrors = Mirrors(context.cache / SHELF)
        with trees.scratch(context.workspace, "git-") as scratch:
            tree = scratch / "tree"
            git = Git(repository, tree, scratch / "store", context)
            wanted = wish(git, config)
            try:
                facts = Checkout(git, mirrors, **wanted).run()
            except Moved as moved:
                git = Git(moved.repository, tree, scratch / "moved", context)
                facts = Checkout(git, mirrors, **wanted, follow=False).run()
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
