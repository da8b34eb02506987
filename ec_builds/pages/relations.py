"""Where relations lead, and what can be done there: what the OpenAPI document says, with examples.

Nothing is told twice: methods, parameters and answers are those of the document, bodies are what
their schemas pick out of the samples, and samples are shown by the representations of the API.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from ec_builds import schema
from ec_builds.hal import relations as rel
from ec_builds.pages import samples

#: Whose things a list is usually asked for.
OWNERS = {
    "build": "platformID", "deployment": "platformID", "app": None, "stats": None, "offer": None,
    "audit": None,
    **dict.fromkeys(("job", "artifact", "tag", "build-variable", "build-object"), "buildID"),
    "account": "_list", "token": "accountID",
}
#: Where builds are watched.
STREAM = rel.BELOW[rel.BUILD_STREAM][1]


@dataclass(frozen=True)
class Place:
    """Where a relation leads: to all things of a kind, to one, or to what can be had of one."""

    kind: str
    is_list: bool = False
    is_template: bool = False
    verb: str | None = None
    below: str = ""

    def path(self, urls):
        """The path, as the OpenAPI document has it."""
        known = urls.types() if self.kind == "types" else urls.collection(self.kind)
        return f"/{known.removeprefix(urls.root)}{self.below}"

    def id_name(self, urls):
        """The parameter that says which thing is meant; None where there is but one."""
        found = self.kind != "types" and re.search(r"\{\?(\w+)\}", urls.by_id(self.kind))
        return found[1] if found else None


def place(name):
    """Where a relation leads."""
    base, _, tail = name.rpartition("/")
    if name in rel.LISTS:
        return Place(rel.LISTS[name], is_list=True)
    if name in rel.THINGS:
        return Place(rel.THINGS[name])
    if tail == "options":
        return Place(rel.LISTS.get(base) or rel.THINGS[base], is_list=True, is_template=True)
    if tail in ("by-id", "latest"):
        return Place(rel.THINGS[base])
    for kind, verbs in rel.ACTIONS.items():
        for verb, relation in verbs.items():
            if name == relation:
                return Place(kind, verb=verb, below=f"/{verb}")
    kind, below = rel.BELOW[name]
    return Place(kind, below=below)


@dataclass(frozen=True)
class Method:
    """A method of a place, as a page shows it."""

    name: str
    summary: str
    parameters: list
    body: str | None
    answers: list
    request: str
    answer: str


def methods(name, paths, urls):
    """The methods of the place to which a relation leads. `paths` are those of the document."""
    where = place(name)
    described = paths[where.path(urls)]
    wanted = ("get", "post", "put", "delete")
    if where.is_list:
        wanted = ("get",) if where.is_template else ("get", "post")
    elif not where.verb:
        wanted = ("get", "put", "delete")
    return [shown(each, described[each], where, urls) for each in wanted if each in described]


def shown(name, operation, where, urls):
    known = operation.get("parameters", ())
    query = [each for each in known if each["in"] == "query"]
    parameters = [each for each in query if is_of(each["name"], where, urls)]
    body = operation.get("requestBody")
    body = body and body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    answers = [
        (status, told["description"])
        for status, told in sorted(operation["responses"].items()) if status != "default"
    ]
    address = f"{urls.root}{where.path(urls)[1:]}"
    if query := values(name, parameters, where, urls):
        address += f"?{urlencode(query)}"
    request = curl(name, address, body and example(body, where, urls), where)
    told = answer(name, answers[0][0], where, address, query, urls)
    return Method(name.upper(), operation["summary"], parameters, body, answers, request, told)


def is_of(parameter, where, urls):
    """Whether a parameter is one of lists, or one that says which thing is meant."""
    own = where.id_name(urls)
    if where.is_list:
        return parameter != own
    return bool(where.verb) or parameter in (own, "lastEventId")


def values(name, parameters, where, urls):
    """The parameters of an example."""
    if where.is_list and name == "get":
        owner = OWNERS.get(where.kind, "appID")
        return {owner: samples.VALUES[owner]} if owner else {}
    names = [each["name"] for each in parameters if each.get("required") or not where.is_list]
    return {each: samples.VALUES[each] for each in names if each in samples.VALUES}


def curl(name, address, body, where):
    """A request as one would type it."""
    how = "curl -N" if where.below == STREAM else "curl"
    if name in ("put", "delete") or name == "post" and not body:
        how += f" -X {name.upper()}"
    lines = [f'{how} -H "Authorization: Bearer $TOKEN" "{address}"']
    return " \\\n    -d '".join([*lines, f"{body}'"]) if body else lines[0]


def example(template, where, urls):
    """The body that would make the sample, with what its schema names."""
    document = {**samples.WISHES, **samples.one(where.kind, urls).nested()}
    form = schema.document(template, "")
    properties, required = form["properties"], form.get("required", ())
    given = {each for each, value in document.items() if value is not None or each in required}
    found = {each: document[each] for each in properties if each in given}
    if "_links" in found:
        wanted = properties["_links"]["properties"]
        links = {each: link for each, link in document["_links"].items() if each in wanted}
        found["_links"] = {each: {"href": listed(link)["href"]} for each, link in links.items()}
    return written(found)


def listed(link):
    return link[0] if isinstance(link, list) else link


def answer(name, status, where, address, query, urls):
    """What comes back."""
    if status == "204":
        return "204 No Content"
    if where.below in samples.TEXTS:
        return samples.TEXTS[where.below]
    if where.below == STREAM:
        return "\n\n".join(message(*each) for each in samples.stream())
    if where.is_list and name == "get":
        document = samples.several(where.kind, urls, address, query)
    elif where.is_list:
        document = samples.new(where.kind, urls)
    else:
        document = samples.one(where.kind, urls, where.verb)
    return written(document.as_dict(urls.curies()))


def message(name, number, data):
    data = data if name == "log" else orjson.dumps(data).decode()
    return "\n".join([f"event: {name}", *([f"id: {number}"] if number else []), f"data: {data}"])


def written(value):
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
