"""What a config schema marks as secret: texts with `"format": "password"`."""

import re


def secrets(schema, config):
    """The texts of a config that its schema marks, wherever they are in it."""
    return {text for text in found(schema, config, schema) if text}


def found(schema, value, root):
    for part in about(schema, root):
        if isinstance(value, str) and part.get("format") == "password":
            yield value
        for inner, its in inside(part, value):
            yield from found(its, inner, root)


def about(schema, root):
    """A schema and all that it is made of."""
    waiting, seen = [schema], []
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict) or any(part is each for each in seen):
            continue
        seen.append(part)
        yield part
        for word in ("allOf", "anyOf", "oneOf"):
            waiting += part.get(word, ())
        if "$ref" in part:
            waiting.append(target(part["$ref"], root))


def inside(schema, value):
    """The parts of a value, each with a schema that it is checked by."""
    if isinstance(value, dict):
        for name, inner in value.items():
            for its in members(schema, name):
                yield inner, its
    elif isinstance(value, list):
        items = schema.get("items", {})
        for number, inner in enumerate(value):
            if not isinstance(items, list):
                yield inner, items
            elif number < len(items):
                yield inner, items[number]
            else:
                yield inner, schema.get("additionalItems")


def members(schema, name):
    """The schemas that speak about a member of an object."""
    mine = [schema.get("properties", {}).get(name)]
    patterns = schema.get("patternProperties", {}).items()
    mine += [its for pattern, its in patterns if re.search(pattern, name)]
    mine = [its for its in mine if its is not None]
    return mine or [schema.get("additionalProperties")]


def target(reference, root):
    """The schema that a reference into the same document leads to."""
    for name in reference.split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        root = root[int(name) if isinstance(root, list) else name]
    return root
