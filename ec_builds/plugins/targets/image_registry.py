"""Delivery of an image to a registry of the user's."""

from functools import partial

from ec_builds.errors import BuildError
from ec_builds.oci import Login, Reference, Registry, copy
from ec_builds.plugins import schemas
from ec_builds.plugins.contract import Target

NAME = "[a-z0-9]+([._-]+[a-z0-9]+)*"


class ImageRegistry(Target):
    """Copies the image of a build from the first region that has it into another registry."""

    type = "imageRegistry"
    takes = restrict_to_platform_type = "containerImage"
    config_schema = schemas.config(
        {
            "registry": {
                "type": "string",
                "pattern": "^(https?://)?[^/@\\s]+/?$",
                "maxLength": 255,
                "description": "The host of the registry, such as registry.example.com:5000.",
            },
            "repository": {
                "type": "string",
                "pattern": f"^{NAME}(/{NAME})*$",
                "maxLength": 255,
                "description": "What the image is called there, such as team/server.",
            },
            "tag": {
                "type": "string",
                "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$",
                "description": "Its tag there; by default what it is in the regions, such as 7.",
            },
            "username": {
                "type": "string",
                "pattern": "^[^:\\x00-\\x1f]+$",
                "maxLength": 1000,
                "description": "Who is known to the registry by the `password`.",
            },
            "password": schemas.secret("Shown to this registry only.", maxLength=10000),
            "token": schemas.secret(
                "Shown to this registry only, instead of a password.",
                pattern="^[\\x21-\\x7e]+$",
                maxLength=10000,
            ),
        },
        required=["registry", "repository"],
    )

    @classmethod
    def audience(cls, config):
        found = place(config, "latest")
        return [found.host, found.is_plain]

    @classmethod
    def check(cls, config):
        place(config, "latest")
        if ("username" in config) != ("password" in config):
            raise BuildError("A username and a password belong together")
        if "password" in config and "token" in config:
            raise BuildError("There should be a password or a token, and not both")

    def deploy(self, config, result, context):
        source, original = found(result, context.images)
        to = place(config, config.get("tag") or context.facts["imageTag"])
        target = Registry.at(context.network, to, login(config))
        say = partial(context.note, kind="verbose")
        context.confirm()
        image = copy(
            source, original, target, to.repository, to.tag, context.check, say
        )
        return str(to.pinned(image.digest))


def place(config, tag):
    """Where the image goes to. Raises BuildError."""
    return Reference.read(f"{config['repository']}:{tag}", config["registry"])


def login(config):
    """What the registry is shown; None where it asks for nothing."""
    if "token" in config:
        return Login(token=config["token"])
    if "password" in config:
        return Login(config["username"], config["password"])
    return None


def found(image, settings):
    """The registry of the first region that there still is, and the image there."""
    regions = {each.name: each for each in settings.regions}
    for name, reference in image.references:
        known, region = Reference.read(reference), regions.get(name)
        if region is not None and region.host == known.host:
            registry = Registry.at(settings.network, region, settings.logins(region.host))
            return registry, known.pinned(image.digest)
    raise BuildError("None of the regions that have the image belongs to this server any more")
