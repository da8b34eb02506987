"""A website that is built by commands."""

import signal

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, schemas, trees
from ec_builds.plugins.contract import Platform

#: Facts of the run that commands see, by the names under which they see them.
FACTS = {
    "EC_BUILDS_APP_ID": "appID",
    "EC_BUILDS_SHORT_ID": "shortID",
    "EC_BUILDS_PLATFORM_ID": "platformID",
    "EC_BUILDS_BUILD_ID": "buildID",
}
#: What a variable may be called.
NAME = "^(?!EC_BUILDS_)[A-Za-z_][A-Za-z0-9_]*$"
#: What a shell adds to the number of the signal that ended its command.
SIGNALLED = 128
HINTS = {
    126: "a program could not be executed",
    127: "a program was not found",
}


class Website(Platform):
    """Runs commands one after the other, and publishes the folder that they leave."""

    type = "website"
    config_schema = schemas.config(
        {
            "commands": {
                "description": "What to run, one after the other, each in a /bin/sh of its own "
                "that ends at the first failing line.",
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {
                        "type": "array",
                        "items": {"type": "string", "minLength": 1},
                        "minItems": 1,
                        "maxItems": 1000,
                    },
                ],
            },
            "buildDir": {
                "type": "string",
                "pattern": schemas.RELATIVE,
                "maxLength": 1000,
                "description": "The folder that the commands leave, seen from where they run.",
            },
            "workingDirectory": {
                "type": "string",
                "pattern": schemas.RELATIVE,
                "maxLength": 1000,
                "default": ".",
                "description": "The folder of the code in which the commands run.",
            },
            "environment": {
                "type": "object",
                "description": "Variables that the commands see. Names that begin with "
                "EC_BUILDS_ are the server's.",
                "patternProperties": {NAME: {"type": "string", "pattern": "^[^\\x00]*$"}},
                "additionalProperties": False,
            },
            "secrets": {
                "type": "object",
                "description": "Variables that the commands see, and whose values are masked in "
                "all that is written down, also in base64, hex and percent-encoded. Nobody is "
                "shown them again; *** keeps what is stored.",
                "patternProperties": {
                    NAME: {
                        "type": "string",
                        "format": "password",
                        "writeOnly": True,
                        "pattern": "^[^\\x00]*$",
                        "minLength": 4,
                        "maxLength": 65536,
                    }
                },
                "additionalProperties": False,
            },
            "timeout": {
                "type": "number",
                "minimum": 0,
                "exclusiveMinimum": True,
                "maximum": 86400,
                "description": "Seconds that each command may take.",
            },
            "network": {
                "type": "boolean",
                "default": True,
                "description": "Whether the commands may reach the network.",
            },
        },
        required=["commands", "buildDir"],
    )

    @classmethod
    def check(cls, config):
        twice = set(config.get("environment", ())) & set(config.get("secrets", ()))
        if twice:
            name = min(twice)
            raise BuildError(f"“{name}” is in both `environment` and `secrets`; it can be in one.")
        for name, value in config.get("secrets", {}).items():
            if len(value.strip()) < 4:
                raise BuildError(f"The secret “{name}” has fewer than 4 characters without blanks.")

    @classmethod
    def audience(cls, config):
        """Commands: whoever may change these, or the code, is trusted with the secrets."""

    def build(self, config, context):
        paths.relative(config["buildDir"], "buildDir")  # before any time is spent
        folder = paths.subfolder(
            context.code, config.get("workingDirectory", "."), "workingDirectory", "the code"
        )
        environment = variables(config, context, trees.place_data(context, context.code))
        commands = config["commands"]
        for command in [commands] if isinstance(commands, str) else commands:
            outcome = context.run(
                ["/bin/sh", "-ec", command],
                cwd=folder,
                environment=environment,
                timeout=config.get("timeout"),
                network=config.get("network", True),
                shown=command,
            )
            if outcome.failed:
                raise failure(outcome)
        # the commands may have moved the ground: what is a link now is looked at once more
        if not paths.inside(context.code, folder):
            raise BuildError("The workingDirectory now leads out of the code")
        result = paths.subfolder(folder, config["buildDir"], "buildDir", "what the commands left")
        return result


def variables(config, context, data):
    """The environment of the commands."""
    facts = {
        name: str(context.facts[fact]) for name, fact in FACTS.items() if fact in context.facts
    }
    if data:
        facts["EC_BUILDS_DATA"] = str(data)
    wanted = {**config.get("environment", {}), **config.get("secrets", {})}
    return {"CI": "true", **wanted, **facts}


def failure(outcome):
    """What an author should know of a command that failed."""
    code, name = outcome.exit_code, short(outcome.command)
    told = f"The command “{name}” failed with exit code {code}"
    if code in HINTS:
        told += f", {HINTS[code]}"
    elif named := code > SIGNALLED and signal_name(code - SIGNALLED):
        told += f", a program was ended by {named}"
    return BuildError(told, **outcome.facts)


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return None


def short(command, most=80):
    """A command as a part of a sentence."""
    first, *more = command.strip().splitlines() or [""]
    return f"{first[:most].rstrip()} …" if more or len(first) > most else first
