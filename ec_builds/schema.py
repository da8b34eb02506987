"""JSON Schemas by name, and what they have to say about bodies, configs and answers.

The schemas of our resources lie in `schemas/`, one file per name. Those of plugins come with the
plugins, as dicts. All of them are draft-04, because that is what existing clients understand.
Nothing is ever fetched: references lead to other schemas in `schemas/`, or nowhere.
"""

import json
import re
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from jsonschema import Draft4Validator, FormatChecker, ValidationError, validators
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT4

from ec_builds.errors import InvalidProperty, MissingProperty, NotFound, Unmatched, UsageError

#: How many violations are told at most; whoever sends more than that knows enough.
LIMIT = 20

#: Where schemas are while we use them ourselves. They are served elsewhere, see `document`.
LOCAL = "https://schema.invalid/"


def names():
    """The names of all schemas, in alphabetical order."""
    return tuple(_files())


def document(name, base):
    """The schema of this name as it is served below `base`: its id is its address.

    Its parts belong to all who ask for it, so they must not be changed.
    """
    if name not in _files():
        raise NotFound()
    return {**_files()[name], "id": base + name}


def check(name, body):
    """Raise what is wrong with a body, if anything is; the first error carries the others."""
    _refuse(_violations(_validator(name), body))


def check_config(schema, config, at="config"):
    """Raise what is wrong with the config of a plugin, as its own schema sees it.

    `at` is the path of the config in the body.
    """
    _refuse(_violations(_plugin_validator(schema), config), (at,))


def violations(name, answer):
    """What is wrong with a document of ours, as sentences for whoever reads a failed test."""
    found = _violations(_validator(name), answer)
    return [f"{_path(each.absolute_path) or 'document'}: {_told(each)}" for each in found]


def inspect(schema, whose="The schema"):
    """Raise UsageError if the schema of a plugin cannot be relied on, saying `whose` it is."""
    try:
        Draft4Validator.check_schema(schema)
    except SchemaError as error:
        where = _path(error.absolute_path)
        raise UsageError(
            f"{whose} is not valid draft-04{where and f' at {where}'}: {_sentence(error)}"
        ) from None
    if schema.get("$schema", Draft4Validator.META_SCHEMA["id"]).rstrip("#") != _DRAFT_04:
        raise UsageError(f"{whose} is not draft-04 but {_short(schema['$schema'])}")
    resolver = Registry().resolver_with_root(DRAFT4.create_resource(schema))
    for part in _parts(schema):
        if part is not schema and isinstance(part.get("id"), str):
            raise UsageError(f"{whose} has an id below the top: {_short(part['id'])}")
        _walk(part, resolver, whose)


# --- where the schemas lie


@cache
def _files():
    """Every schema by its name, as it stands in its file."""
    folder = Path(__file__).with_name("schemas")  # where a wheel puts them
    if not folder.is_dir():
        folder = Path(__file__).parents[1] / "schemas"  # beside the package, in a checkout
    paths = sorted(folder.glob("*.json"), key=lambda path: path.stem)
    return {path.stem: json.loads(path.read_text("utf-8")) for path in paths}


@cache
def _registry():
    """All our schemas, by the addresses that they have among themselves."""
    return Registry().with_resources(
        (LOCAL + name, DRAFT4.create_resource(_undated(document(name, LOCAL)))) for name in names()
    )


@cache
def _validator(name):
    return _Validator(
        _undated(document(name, LOCAL)), registry=_registry(), format_checker=_FORMATS
    )


def _plugin_validator(schema):
    # Takes microseconds, less than finding out whether a dict is the same as before.
    return _Validator(_undated(schema), registry=Registry(), format_checker=_FORMATS)


def _undated(schema):
    """The schema without `$schema`, which would make jsonschema take its own validator."""
    return {key: value for key, value in schema.items() if key != "$schema"}


# --- our reading of draft-04

_DRAFT_04 = "http://json-schema.org/draft-04/schema"

#: Only what does not depend on which other packages are installed.
_FORMATS = FormatChecker(("date", "email", "ipv4", "ipv6", "regex"))


@_FORMATS.checks("uri")
def _is_uri(value):
    return not isinstance(value, str) or bool(_URI.fullmatch(value))


@_FORMATS.checks("date-time")
def _is_date_time(value):
    return not isinstance(value, str) or bool(_DATE_TIME.fullmatch(value))


_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


@lru_cache(1000)
def _regex(pattern):
    """A pattern as JavaScript means it: `$` is the very end, and `\\d` has ten digits."""

    def ours(found):
        return r"\Z" if found[0] == "$" else found[0]

    return re.compile(re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", ours, pattern), re.ASCII)


def _required(validator, required, instance, schema):
    """As in jsonschema, but the path leads to the property that is missing."""
    if validator.is_type(instance, "object"):
        for name in required:
            if name not in instance:
                yield ValidationError("is missing", path=(name,))


def _additional_properties(validator, allowed, instance, schema):
    """As in jsonschema, but every property that is too many gets an error with its path."""
    if allowed is True or not validator.is_type(instance, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", ())
    for name, value in instance.items():
        if name in known or any(_regex(pattern).search(name) for pattern in patterns):
            continue
        if allowed is False:
            yield ValidationError("is not allowed", path=(name,))
        else:
            yield from validator.descend(value, allowed, path=name)


def _pattern(validator, pattern, instance, schema):
    if validator.is_type(instance, "string") and not _regex(pattern).search(instance):
        yield ValidationError("does not match")


def _pattern_properties(validator, patterns, instance, schema):
    if validator.is_type(instance, "object"):
        for pattern, part in patterns.items():
            for name, value in instance.items():
                if _regex(pattern).search(name):
                    yield from validator.descend(value, part, path=name, schema_path=pattern)


def _unique_items(validator, wanted, instance, schema):
    """As in jsonschema, but in linear time whatever the items are."""
    if wanted and validator.is_type(instance, "array"):
        if len({json.dumps(each, sort_keys=True) for each in instance}) < len(instance):
            yield ValidationError("has items twice")


#: In which order the keywords of a schema are looked at; the others follow.
_ORDER = ("type", "required", "properties", "patternProperties", "additionalProperties")


def _in_order(schema):
    """The keywords that count, sorted, so that the first error does not depend on a file."""
    if isinstance(schema.get("$ref"), str):
        return [("$ref", schema["$ref"])]  # in draft-04 nothing counts beside a reference
    first = [(key, schema[key]) for key in _ORDER if key in schema]
    return first + [item for item in schema.items() if item[0] not in (*_ORDER, "$ref")]


_Validator = validators.create(
    meta_schema=Draft4Validator.META_SCHEMA,
    validators={
        **Draft4Validator.VALIDATORS,
        "additionalProperties": _additional_properties,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "required": _required,
        "uniqueItems": _unique_items,
    },
    type_checker=Draft4Validator.TYPE_CHECKER,
    format_checker=_FORMATS,
    id_of=DRAFT4.id_of,
    applicable_validators=_in_order,
)


# --- schemas of plugins


def _parts(schema):
    """The schema and everything in it that may be one, but no values."""
    if isinstance(schema, dict):
        yield schema
        for key, value in schema.items():
            if key not in ("enum", "default"):
                yield from _parts(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _parts(each)


def _walk(schema, resolver, whose, above=()):
    """Visit what looks at the same value as this schema does; that must come to an end."""
    if any(schema is each for each in above):
        raise UsageError(f"{whose} refers to itself without an end")
    forms = [schema.get("not")]
    if isinstance(schema.get("$ref"), str):
        forms = [_target(schema["$ref"], resolver, whose)]
    for keyword in ("allOf", "anyOf", "oneOf"):
        members = schema.get(keyword)
        forms += members if isinstance(members, list) else ()
    for form in forms:
        if isinstance(form, dict):
            _walk(form, resolver, whose, (*above, schema))


def _target(reference, resolver, whose):
    """The schema that a reference leads to, which must be in the same document."""
    if not reference.startswith("#"):
        raise UsageError(f"{whose} refers to something outside of it: {_short(reference)}")
    try:
        target = resolver.lookup(reference).contents
    except Unresolvable:
        target = None
    if not isinstance(target, dict):
        raise UsageError(f"{whose} has a reference that leads nowhere: {_short(reference)}")
    return target


# --- violations, and how they are told


def _violations(validator, instance):
    """The first violations, in the order of the schema."""
    return list(islice(validator.iter_errors(instance), LIMIT))


def _refuse(found, at=()):
    """Raise the first violation as an error of the request, with the others in its train."""
    if found:
        first, *others = [_error(each, at) for each in found]
        first.others = tuple(others)
        raise first


def _error(violation, at):
    """One violation as one of our errors."""
    path = _path([*at, *violation.absolute_path])
    sentence = f"{path.rpartition('/')[2] or 'the body'} {_sentence(violation)}"
    if violation.validator == "required":
        return MissingProperty(path, sentence)
    if violation.validator == "additionalProperties":
        return Unmatched(sentence, path)
    return InvalidProperty(path or None, sentence)


def _path(steps):
    return _short("/".join(_short(str(step), 100) for step in steps))


def _short(text, limit=300):
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _told(violation):
    """A violation with the value; for a choice, what keeps the value from the likeliest form."""
    if violation.context:
        likeliest = _likeliest(violation.context)
        return f"{_path(likeliest.absolute_path) or 'document'}: {_told(likeliest)}"
    value = "" if violation.validator == "required" else f", but is {violation.instance!r}"
    return _short(_sentence(violation) + value)


def _likeliest(violations):
    """What is wrong with the form that a value comes closest to."""
    forms = {}
    for each in violations:
        forms.setdefault(each.schema_path[0], []).append(each)
    # A value whose type is another one altogether was not meant to have this form.
    return min(
        forms.values(),
        key=lambda those: (any(e.validator == "type" and not e.path for e in those), len(those)),
    )[0]


def _sentence(violation):
    """What a value must be, to be put after its name; it never repeats the value."""
    say = _SENTENCES.get(violation.validator)
    if say is None:
        return f"does not meet {violation.validator} of its schema"
    return _short(say(violation.validator_value, violation.schema))


def _count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _type(types, schema):
    types = [types] if isinstance(types, str) else types
    return "must be " + " or ".join(_TYPES.get(each, str(each)) for each in types)


def _enum(values, schema):
    return "must be one of " + ", ".join(json.dumps(each, ensure_ascii=False) for each in values)


def _match(pattern, schema):
    """What people are told of the property says more to them than its pattern."""
    meaning = schema.get("description")
    if not meaning:
        return f"must match {pattern}"
    return f"does not have the right form: {meaning.rstrip('.')}"


def _least(least, schema):
    return f"must be {'more than' if schema.get('exclusiveMinimum') else 'at least'} {least}"


def _most(most, schema):
    return f"must be {'less than' if schema.get('exclusiveMaximum') else 'at most'} {most}"


def _min_length(length, schema):
    return "must not be empty" if length == 1 else f"must have at least {length} characters"


def _choice(forms, schema):
    """Name the properties, if the forms differ in nothing but what they require."""
    if all(isinstance(form, dict) and form.keys() == {"required"} for form in forms):
        return "must have either " + " or ".join(" and ".join(form["required"]) for form in forms)
    types = [form["type"] for form in forms if isinstance(form.get("type"), str)]
    if len(types) == len(forms) > 1:
        return _type(types, schema)
    return "does not have any of the forms that it may have"


def _forbidden(form, schema):
    if "required" in form and form.keys() <= {"type", "required"}:
        return f"must not have {' and '.join(form['required'])} at once"
    return "has a form that it must not have"


_TYPES = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}

#: What to say for a keyword, given its value and the schema around it.
_SENTENCES = {
    "additionalProperties": lambda allowed, schema: "is not a property that is known here",
    "anyOf": _choice,
    "dependencies": lambda needed, schema: "lacks a property that another one needs",
    "enum": _enum,
    "format": lambda name, schema: f"must have the format {name}",
    "maxItems": lambda most, schema: f"must have at most {_count(most, 'item')}",
    "maxLength": lambda most, schema: f"must have at most {_count(most, 'character')}",
    "maxProperties": lambda most, schema: f"must have at most {_count(most, 'member')}",
    "maximum": _most,
    "minItems": lambda least, schema: f"must have at least {_count(least, 'item')}",
    "minLength": _min_length,
    "minProperties": lambda least, schema: f"must have at least {_count(least, 'member')}",
    "minimum": _least,
    "multipleOf": lambda factor, schema: f"must be a multiple of {factor}",
    "not": _forbidden,
    "oneOf": _choice,
    "pattern": _match,
    "required": lambda names, schema: "is required",
    "type": _type,
    "uniqueItems": lambda wanted, schema: "must not have any item twice",
}
