"""Somebody else's plugin: a platform that publishes its texts in capitals."""

from ec_builds.plugins.contract import Platform


class Loud(Platform):
    """Turns each text of the code into capitals, and adds a mark."""

    type = "loud"
    config_schema = {
        "type": "object",
        "properties": {"mark": {"type": "string", "minLength": 1}},
        "required": ["mark"],
        "additionalProperties": False,
    }

    def build(self, config, context):
        result = context.workspace / "loud"
        result.mkdir()
        for path in sorted(context.code.rglob("*.html")):
            (result / path.name).write_text(path.read_text().upper() + config["mark"])
        context.note("Shouted", mark=config["mark"])
        return result
