"""Links in the body of a platform: which plugins it joins (reference 3.5)."""

from urllib.parse import parse_qs, urlsplit

from ec_builds.errors import InvalidLink, MissingLink
from ec_builds.hal import relations as rel
from ec_builds.lists.kinds import read_uuid

#: Relation: the parameter that carries the id, what it is called inside, and how many there may be.
PARTS = {
    rel.CODE_SOURCE: ("codeSourceID", "codesource", False),
    rel.DATA_SOURCE: ("dataSourceID", "datasource", False),
    rel.TARGET: ("targetID", "targets", True),
}

MISSING = (
    "A platform links to a code source, a data source and targets of its app. POST them first;"
    " a data source of type stub brings nothing."
)


def all_parts(body):
    """The ids of every part, by their inner names. Raises MissingLink, InvalidLink."""
    links = body.get("_links") or {}
    missing = [MissingLink(relation, MISSING) for relation in PARTS if relation not in links]
    if missing:
        missing[0].others = tuple(missing[1:])
        raise missing[0]
    return given_parts(body)


def given_parts(body):
    """The ids of those parts that the body links to; others are left as they are."""
    links = body.get("_links") or {}
    return {
        name: ids(links[relation], relation, parameter, many)
        for relation, (parameter, name, many) in PARTS.items()
        if relation in links
    }


def ids(links, relation, parameter, many):
    links = links if isinstance(links, list) else [links]
    if not links:
        raise MissingLink(relation)
    found = list(dict.fromkeys(linked_id(link, relation, parameter) for link in links))
    if many:
        return found
    if len(found) > 1:
        raise InvalidLink(relation, "A platform has exactly one.")
    return found[0]


def linked_id(link, relation, parameter):
    """The id in a link object's href. Nothing else of it matters."""
    href = link.get("href") if isinstance(link, dict) else None
    if not isinstance(href, str):
        raise InvalidLink(relation, "A link is an object with an href.")
    try:
        values = parse_qs(urlsplit(href).query).get(parameter, [])
        return read_uuid(values[0])
    except (ValueError, IndexError) as error:
        raise InvalidLink(relation, f"Its href has no {parameter} with a UUID.") from error
