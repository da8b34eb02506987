"""Docker, whose daemon builds images outside of our sandbox, and fences them in by itself."""

import secrets
import shutil

from ec_builds.errors import BuildError
from ec_builds.oci import unpack
from ec_builds.plugins.builders.contract import Builder
from ec_builds.plugins.builders.sayings import told
from ec_builds.plugins.drivers import engines

#: Where what this server builds has its names, until it is saved.
NAMES = "localhost/ec-builds"
#: What it is told of the one that builds: to say what happens as lines.
PLAIN = {"BUILDKIT_PROGRESS": "plain"}


class Docker(Builder):
    name = "docker"

    @classmethod
    def missing(cls):
        if shutil.which(engines.DOCKER.name) is None:
            return "docker not found"
        asked = engines.DOCKER.ask(*engines.DOCKER.question)
        return engines.told(asked) if asked.failed else None

    def build(self, recipe, into, context):
        name = f"{NAMES}:{secrets.token_hex(8)}"
        try:
            outcome = self.run(
                context, "build", "--force-rm", "--pull", "--tag", name, *recipe.options,
                shown="docker build", titled=False,
            )
            if outcome.failed:
                raise BuildError(told(outcome, context.workspace), **outcome.facts)
            packed = context.workspace / "image.tar"
            outcome = self.run(context, "save", "--output", str(packed), name, quiet=True)
            if outcome.failed:
                raise BuildError(f"The image cannot be saved: {engines.told(outcome)}")
            unpack(packed, into, context.check)
            packed.unlink()
        finally:
            # asked outside of the run, which may have been stopped
            engines.DOCKER.ask("image", "rm", "--force", name)

    def run(self, context, *arguments, **options):
        empty = context.workspace / "docker-config"
        empty.mkdir(exist_ok=True)
        environment = engines.DOCKER.environment | PLAIN | {"DOCKER_CONFIG": str(empty)}
        command = [*engines.DOCKER.command, *arguments]
        return context.run(command, environment=environment, fenced=False, **options)
