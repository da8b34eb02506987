"""Delivery as a file that people download."""

from ec_builds.plugins import schemas
from ec_builds.plugins.contract import Target


class ZipDownload(Target):
    """Keeps the packed result for download."""

    type = "zipDownload"
    config_schema = schemas.config(
        {
            "filename": {
                "type": "string",
                "pattern": "^[A-Za-z0-9]([A-Za-z0-9 ._-]*[A-Za-z0-9_-])?$",
                "maxLength": 100,
                "description": "The name of the file; by default made of the app and the build.",
            },
        }
    )

    def deploy(self, config, result, context):
        facts = context.facts
        name = config.get("filename") or "-".join(
            str(facts[each]) for each in ("shortID", "buildID") if facts.get(each)
        )
        name = name or "result"
        return context.keep(
            context.artifact, name if name.lower().endswith(".zip") else f"{name}.zip"
        )
