"""Code from a git repository."""

from ec_builds.plugins import paths, schemas, trees
from ec_builds.plugins.codesources import credentials
from ec_builds.plugins.codesources.checkout import Checkout, wish
from ec_builds.plugins.codesources.git import Git
from ec_builds.plugins.codesources.mirrors import SHELF, Mirrors
from ec_builds.plugins.codesources.repository import Repository
from ec_builds.plugins.contract import CodeSource

#: Of a name in git: nothing that looks like an option, a range or a path out of somewhere.
NAME = "^[^-./\\s~^:?*\\[\\\\][^\\s~^:?*\\[\\\\]*$"
#: How addresses of repositories begin; whether a protocol is allowed is seen when it is fetched.
FORMS = ("(https?|ssh|git|file)://[^\\s]+", "[^-/:\\s][^/:\\s]*:(?!//)[^\\s]+")


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
            "username": {
                "type": "string",
                "pattern": "^[^:\\x00-\\x1f\\x7f]+$",
                "maxLength": 250,
                "description": "Over https, who asks; without it, “git”, which many servers take "
                "for the owner of a token.",
            },
            "password": schemas.secret(
                "Over https, a password or a token.",
                pattern="^[^\\x00-\\x1f\\x7f]+$",
                maxLength=10000,
            ),
            "privateKey": schemas.secret(
                "Over ssh, a private key without a passphrase, as OpenSSH writes it.",
                pattern="^\\s*-----BEGIN [A-Z ]*PRIVATE KEY-----\\s[A-Za-z0-9+/=:,\\-\\s]+$",
                maxLength=20000,
            ),
            "knownHosts": {
                "type": "string",
                "pattern": "^[\\x09\\x0a\\x0d\\x20-\\x7e]+$",
                "maxLength": 20000,
                "description": "Over ssh, the keys by which the host may be known, as lines of a "
                "known_hosts file (ssh-keyscan prints them). Without it, those that the account "
                "of the server knows.",
            },
        },
        required=["giturl"],
    ) | {"not": {"required": ["branch", "ref"]}}

    @classmethod
    def check(cls, config):
        credentials.check(config)

    @classmethod
    def audience(cls, config):
        return credentials.audience(config)

    def fetch(self, config, into, context):
        repository = Repository.at(config["giturl"], context.network.git_protocols)
        own = credentials.Credentials.of(config, repository)
        for secret in own.secrets:
            context.conceal(secret)
        mirrors = Mirrors(context.cache / SHELF, mark=own.mark(context.facts["appID"]))
        with trees.scratch(context.workspace, "git-") as scratch:
            tree = scratch / "tree"
            git = Git(repository, tree, scratch / "store", context, own)
            wanted = wish(git, config)
            facts = Checkout.make(git, mirrors, **wanted)
            if config.get("subdirectory"):
                tree = paths.subfolder(
                    tree, config["subdirectory"], "subdirectory", "the repository"
                )
            trees.move(tree, into)
        return {"giturl": repository.url, **wanted, **facts}
