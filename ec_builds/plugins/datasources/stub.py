"""Data that stands in the config itself."""

import orjson

from ec_builds.errors import BuildError
from ec_builds.plugins import schemas, trees
from ec_builds.plugins.contract import DataSource


class Stub(DataSource):
    """Writes the data of its config to data.json, if there is any."""

    type = "stub"
    config_schema = schemas.config(
        {
            "data": {
                "description": "Any JSON; it becomes data.json. Without it, there is no data.",
            },
        }
    )

    def fetch(self, config, into, context):
        if "data" not in config:
            return {}
        try:
            text = orjson.dumps(config["data"])
        except (TypeError, ValueError) as error:
            raise BuildError(f"The data cannot be written as JSON: {error}") from error
        (into / trees.DATA).write_bytes(text)
        return {"bytes": len(text)}
