"""What a config schema marks as secret, and how that is shown and kept.

Texts with `"format": "password"` are masked in all that is written of a run. These, and whatever
has `"writeOnly": true`, are never shown: `***` stands for each.
"""

import re

#: What is shown in the place of a secret, and what keeps it where it comes back.
PLACEHOLDER = "***"
#: Members of any config that are never secret, whatever becomes of its plugin.
PLAIN = ("_title", "hexColor")


class Unknown(ValueError):
    """A placeholder stands where nothing is stored; the argument is the path to it."""


def secrets(schema, config):
    """The texts of a config that its schema marks, wherever they are in it."""
    return {text for text in found(schema, config, schema) if text}


def found(schema, value, root):
    for part in about(schema, root):
        if isinstance(value, str) and part.get("format") == "password":
            yield value
        for inner, its in inside(part, value):
            yield from found(its, inner, root)


def shown(schema, config):
    """A config with a placeholder for each secret; names of members are seen."""
    return Secrets(schema).replaced(config)


def veiled(config):
    """A config whose plugin is gone, so that nobody knows what is secret in it."""
    return {name: each if name in PLAIN else veil(each) for name, each in config.items()}


def restored(schema, config, stored):
    """A config with the stored secrets for its placeholders, and the paths to these.

    Raises Unknown. A secret comes back to the very place where it is stored, and to no other.
    """
    restoring = Restoring(schema)
    return restoring.replaced(config, stored), restoring.paths


def without(schema, config):
    """A config without its secrets."""
    return Removing(schema).replaced(config)


class Secrets:
    """Replaces all secrets of a value. Here by placeholders."""

    def __init__(self, schema):
        self.root = schema

    def replaced(self, value, stored=None):
        return self.walk([self.root], value, stored, ())

    def walk(self, schemas, value, stored, path):
        """A value, given the schemas that it is checked by, and what is stored in its place."""
        parts = [part for schema in schemas for part in about(schema, self.root)]
        if any(is_secret(part) for part in parts):
            return self.secret(value, stored, path)
        if isinstance(value, dict):
            names = value
        elif isinstance(value, list):
            names = range(len(value))
        else:
            return value
        inner = {
            name: self.walk(
                [its for part in parts for its in schemas_of(part, name)],
                value[name],
                member(stored, name),
                (*path, str(name)),
            )
            for name in names
        }
        inner = {name: each for name, each in inner.items() if each is not Removing}
        return inner if isinstance(value, dict) else list(inner.values())

    def secret(self, value, stored, path):
        return veil(value)


class Restoring(Secrets):
    """Puts what is stored in the place of placeholders."""

    def __init__(self, schema):
        super().__init__(schema)
        self.paths = []

    def secret(self, value, stored, path):
        if value == PLACEHOLDER:
            if stored is None:
                raise Unknown("/".join(path))
            self.paths.append("/".join(path))
            return stored
        if isinstance(value, dict):
            return {
                name: self.secret(each, member(stored, name), (*path, name))
                for name, each in value.items()
            }
        if isinstance(value, list):  # as a whole it would have been one placeholder
            return [self.secret(each, None, (*path, str(at))) for at, each in enumerate(value)]
        return value


class Removing(Secrets):
    """Leaves secrets out."""

    def secret(self, value, stored, path):
        return Removing


def is_secret(part):
    return part.get("writeOnly") is True or part.get("format") == "password"


def has_secrets(schema):
    """Whether a schema, or the schema of one property of it, marks anything at all."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if is_secret(part):
                return True
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return False


def veil(value):
    """A secret as it is shown; of a map the names are seen."""
    if isinstance(value, dict):
        return {name: veil(each) for name, each in value.items()}
    return value if value is None else PLACEHOLDER


def member(value, name):
    """What is in a value under a name or a number, or None."""
    if isinstance(value, dict) and isinstance(name, str):
        return value.get(name)
    if isinstance(value, list) and isinstance(name, int) and name < len(value):
        return value[name]
    return None


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
        for number, inner in enumerate(value):
            for its in schemas_of(schema, number):
                yield inner, its


def schemas_of(schema, name):
    """The schemas that speak about a member of an object, or about an item of a list."""
    if isinstance(name, str):
        return members(schema, name)
    items = schema.get("items", {})
    if not isinstance(items, list):
        return [items]
    return [items[name] if name < len(items) else schema.get("additionalItems")]


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
