"""A container image, made of a Dockerfile, or copied, in a registry of each region."""

import os
import stat
import time

from ec_builds.errors import BuildError
from ec_builds.oci import Layout, Login, Logins, Reference, Registry, copy, push
from ec_builds.plugins import builders, paths, schemas
from ec_builds.plugins.builders.contract import Recipe
from ec_builds.plugins.contract import Image, Platform

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
                "default": "Dockerfile",
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
            return delivered(context, Copied(original, context))
        recipe = found(config, context.code)
        builder = builders.choose(context.images.builder)
        folder = context.workspace / "image"
        context.print(f"Building the image with {builder.name}")
        builder.build(recipe, folder, context)
        return delivered(context, Layout(folder))
