"""Delivery to this server, which then serves the site."""

from ec_builds.plugins import schemas
from ec_builds.plugins.contract import Target

SEGMENT = "[a-z0-9]([a-z0-9._-]*[a-z0-9_])?"


class LocalWebServer(Target):
    """Serves the result as the app's web site below a path."""

    type = "localWebServer"
    config_schema = schemas.config(
        {
            "path": {
                "type": "string",
                "pattern": f"^{SEGMENT}(/{SEGMENT})*$",
                "maxLength": 200,
                "description": "The path of the site, such as shop or shop/staging, "
                "in lower case.",
            },
        },
        required=["path"],
    )

    def deploy(self, config, result, context):
        return context.publish(config["path"], result)
