"""Code from a zip that can be downloaded."""

import hashlib

from ec_builds.errors import BuildError
from ec_builds.network import urls
from ec_builds.plugins import archive, paths, schemas, trees
from ec_builds.plugins.contract import CodeSource


class ZipFile(CodeSource):
    """Downloads an archive, compares its hash, and unpacks it.

    A single folder at the top stays what it is; `subdirectory` selects it.
    """

    type = "zipFile"
    config_schema = schemas.config(
        {
            "url": {
                "type": "string",
                "pattern": "^https?://[^\\s/@][^\\s]*$",
                "maxLength": 4000,
                "description": "Where the archive can be downloaded.",
            },
            "sha256": {
                "type": "string",
                "pattern": "^[A-Fa-f0-9]{64}$",
                "description": "The hash that the archive must have, in hexadecimal digits.",
            },
            "subdirectory": schemas.subdirectory("the archive"),
            "token": schemas.secret(
                "Sent as a bearer token, to the origin of the url only.",
                pattern="^[\\x21-\\x7e]+$",
                maxLength=10000,
            ),
        },
        required=["url"],
    )

    @classmethod
    def audience(cls, config):
        return urls.origin(config["url"])

    @classmethod
    def check(cls, config):
        urls.checked(config["url"])

    def fetch(self, config, into, context):
        with trees.scratch(context.workspace, "zip-") as scratch:
            file, tree = scratch / "code.zip", scratch / "tree"
            facts = self.download(config, file, context.network)
            wanted = config.get("sha256", facts["sha256"]).lower()
            if wanted != facts["sha256"]:
                raise BuildError(
                    "The archive does not have the hash that it should have",
                    **facts,
                    expected=wanted,
                )
            tree.mkdir()
            try:
                files = archive.unpack(file, tree, check=context.check)
            except BuildError as error:
                error.info = {**facts, **error.info}
                raise
            self.deliver(tree, into, config.get("subdirectory"), context.check)
        return {**facts, "files": files}

    def download(self, config, file, network):
        """Download into a file. Returns facts."""
        digest, size = hashlib.sha256(), 0
        headers = {"Authorization": f"Bearer {config['token']}"} if "token" in config else {}
        with network.open(config["url"], headers) as answer, file.open("wb") as sink:
            for chunk in answer.chunks():
                digest.update(chunk)
                size += sink.write(chunk)
        return {"url": answer.facts["url"], "size": size, "sha256": digest.hexdigest()}

    def deliver(self, tree, into, subdirectory, check):
        """Move the wanted part to where it belongs."""
        if subdirectory:
            tree = paths.subfolder(tree, subdirectory, "subdirectory", "the archive")
            trees.check_links(tree, check)  # what led elsewhere in the archive now leads out
        trees.move(tree, into)
