"""A website that is finished as it is."""

from ec_builds.plugins import paths, schemas, trees
from ec_builds.plugins.contract import Platform


class StaticWebsite(Platform):
    """Publishes a folder of the code, with the data beside it."""

    type = "staticWebsite"
    config_schema = schemas.config(
        {
            "directory": {
                "type": "string",
                "pattern": schemas.RELATIVE,
                "maxLength": 1000,
                "default": ".",
                "description": "The folder of the code that is published; all of it by default.",
            },
        }
    )

    def build(self, config, context):
        source = paths.subfolder(
            context.code, config.get("directory", "."), "directory", "the code"
        )
        result = context.workspace / "result"
        trees.copy(source, result, without=(".git",), check=context.check)
        trees.place_data(context, result)
        return result
