"""Properties that the config schemas of several plugins share."""

#: A path below something, without a way to look like an option, an absolute path or one up.
RELATIVE = "^(?!(.*/)?\\.\\.(/|$))[^-/\\\\\\s][^\\\\\\x00-\\x1f]*$"

HEX_COLOR = {
    "type": "string",
    "pattern": "^#[A-Fa-f0-9]{6}$",
    "description": "The colour in which clients show this.",
}


def config(properties, required=()):
    """A config schema with these properties and no others, apart from `hexColor`."""
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {**properties, "hexColor": HEX_COLOR},
        "additionalProperties": False,
    }
    if required:  # draft-04 allows no empty list
        schema["required"] = list(required)
    return schema


def subdirectory(of):
    """The property that selects a part of what was fetched."""
    return {
        "type": "string",
        "pattern": RELATIVE,
        "maxLength": 1000,
        "description": f"A folder in {of}; only what is in it becomes the code.",
    }


def secret(description, **more):
    """A text that is masked in all that is written of a run, and shown to nobody."""
    return {
        "type": "string",
        "format": "password",
        "writeOnly": True,
        "minLength": 4,
        **more,
        "description": description,
    }
