"""A code source, a platform and a target that do what their config says."""

from pathlib import Path

from ec_builds.errors import BuildError
from ec_builds.plugins.contract import CodeSource, DataSource, Platform, Target
from ec_builds.plugins.registry import Plugins


class Given(CodeSource):
    """Writes the files that the config names."""

    type = "given"

    def fetch(self, config, into, context):
        for name, text in config.get("files", {"index.html": "hello"}).items():
            path = into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return {"files": len(config.get("files", {}))}


class Nothing(DataSource):
    """Leaves the folder empty."""

    type = "nothing"

    def fetch(self, config, into, context):
        return {}


class Obedient(Platform):
    """Publishes the code; before that it runs, fails, breaks or waits, as its config says."""

    type = "obedient"

    def build(self, config, context):
        if "run" in config:
            outcome = context.run(config["run"], timeout=config.get("timeout"))
            if outcome.failed:
                raise BuildError("The command failed", **outcome.facts)
        if "again" in config:
            context.run(config["again"])
        if "fail" in config:
            raise BuildError(config["fail"], reason="as told")
        if "break" in config:
            raise RuntimeError(config["break"])
        return context.code


class Listed(Target):
    """Delivers into a list."""

    type = "listed"
    delivered = []

    def deploy(self, config, result, context):
        if "fail" in config:
            raise BuildError(config["fail"])
        self.delivered.append(sorted(path.name for path in Path(result).iterdir()))
        return config.get("place", "https://example.com/")


class Pulled(Target):
    """Remembers the image that it is given."""

    type = "pulled"
    takes = "containerImage"
    delivered = []

    def deploy(self, config, result, context):
        self.delivered.append((result, context.artifact, context.facts["imageTag"]))
        return f"registry.example.com/app:{context.facts['imageTag']}@{result.digest}"


class Published(Target):
    """Publishes the result as a site."""

    type = "published"

    def deploy(self, config, result, context):
        return context.publish(config["path"], result)


def plugins():
    """All of them, as if they were installed."""
    return Plugins.of(Given, Nothing, Obedient, Listed, Published, Pulled)
