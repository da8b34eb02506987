"""A container image, made of a Dockerfile, or copied, in a registry of each region."""

import os
import stat
import time
from functools import partial

from ec_builds.errors import BuildError
from ec_builds.oci import Layout, Login, Reference, Registry, copy, inspect, push
from ec_builds.plugins import builders, paths, schemas
from ec_builds.plugins.builders.contract import Recipe
from ec_builds.plugins.contract import Image, Platform

FILE = "Dockerfile"
#: Bytes of a Dockerfile.
LONGEST = 1024 * 1024
MIB = 1024**2


class ContainerImage(Platform):
    """Builds the image that a Dockerfile describes, and pushes it to all regions."""

    type = "containerImage"
    config_schema = schemas.config(
        {
            "dockerfile": {
                "type": "string",
                "pattern": schemas.RELATIVE,
                "maxLength": 1000,
                "default": FILE,
                "description": "The Dockerfile, seen from the `context`.",
            },
            "context": {
                "type": "string",
                "pattern": schemas.RELATIVE,
                "maxLength": 1000,
                "default": ".",
                "description": "The folder of the code whose files can be copied into the image.",
            },
            "buildArgs": {
                "type": "object",
                "description": "Values for the ARGs of the Dockerfile. They may stay in the image, "
                "so they are no place for secrets.",
                "patternProperties": {
                    "^[A-Za-z_][A-Za-z0-9_]*$": {"type": "string", "pattern": "^[^\\x00]*$"}
                },
                "additionalProperties": False,
            },
        }
    )

    def build(self, config, context):
        if not context.images.regions:
            raise BuildError(
                "This server has no regional registries; its operator sets EC_BUILDS_REGISTRIES"
            )
        original = context.original()
        if original is not None:
            return delivered(context, copier(original, context))
        recipe = found(config, context.code)
        builder = builders.choose(context.images.builder)
        folder = context.workspace / "image"
        context.print(f"Building the image with {builder.name}")
        builder.build(recipe, folder, context)
        return delivered(context, partial(push, Layout(folder)))


def found(config, code):
    """What the image is to be made of, as far as it is there and can be read."""
    folder = paths.subfolder(code, config.get("context", "."), "context", "the code")
    name = config.get("dockerfile", FILE)
    file = folder.joinpath(*paths.relative(name, "dockerfile"))
    if not paths.inside(code, file):
        raise BuildError(f"The dockerfile “{paths.shown(name)}” leads out of the code", path=name)
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):
            raise BuildError(f"The dockerfile “{paths.shown(name)}” is not a file", path=name)
        with open(file, "rb") as opened:
            text = opened.read(LONGEST + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BuildError(missing(config, name, code), path=name) from error
    except OSError as error:
        told = f"The dockerfile “{paths.shown(name)}” cannot be read: {error.strerror}"
        raise BuildError(told, path=name) from error
    if len(text) > LONGEST:
        told = f"The dockerfile “{paths.shown(name)}” is larger than {LONGEST} bytes"
        raise BuildError(told, path=name)
    if b"\0" in text:
        raise BuildError(f"The dockerfile “{paths.shown(name)}” is not text", path=name)
    return Recipe(file, folder, config.get("buildArgs", {}))


def missing(config, name, code):
    """The sentence about a Dockerfile that is not there."""
    if name != FILE or config.get("context", ".") != ".":
        return f"There is no dockerfile “{paths.shown(name)}” in the context"
    told = "Dockerfile not found at archive root"
    with os.scandir(code) as entries:
        folders = [each for each in entries if each.is_dir(follow_symlinks=False)]
    having = [each.name for each in folders if os.path.lexists(os.path.join(each, FILE))]
    if len(having) != 1:
        return told
    return f"{told}; there is one in “{paths.shown(having[0])}/”: pack the contents of that folder"


def copier(original, context):
    """What copies somebody's image to a registry of ours, to each the same; see `oci.copy`."""
    reference = Reference.read(original.reference, original.registry)
    login = Login.read(original.auth) if original.auth else None
    source = Registry.at(context.network, reference, login)
    context.print(f"Copying {reference}")
    image = inspect(source.watched(context.check), reference)
    return partial(copy, source, reference.pinned(image.digest))


def delivered(context, send):
    """Have the image sent to each region. Returns it."""
    references = []
    for region in context.images.regions:
        target = region.reference(context.facts["imageRepository"], context.facts["imageTag"])
        login = context.images.logins(region.host)
        registry = Registry.at(context.images.network, region, login)
        context.expect_image(region.name, str(target))
        context.print(f"Pushing to {region.name}")
        begun = time.monotonic()
        with context.action(
            f"Pushing to {region.name}", f"Pushed to {region.name}", region=region.name
        ) as facts:
            image = send(registry, target.repository, target.tag, context.check, context.print)
            facts |= {"image": str(target), "digest": image.digest, "size": image.size}
        seconds = time.monotonic() - begun
        context.print(
            f"Pushed to {region.name}: {image.size / MIB:.1f} MiB in {seconds:.1f} s"
        )
        references.append((region.name, str(target)))
    return Image(image.digest, image.size, tuple(references))
