"""Follows every link and template from the root on, and holds all answers to their promises."""

import re
import time
from urllib.parse import parse_qs, urljoin, urlsplit

from uritemplate import URITemplate

from ec_builds.hal import relations
from tests.checking import references, schema_of, violations

HAL = "application/hal+json"
#: Headers that differ from answer to answer, or that say how a body travels.
FLEETING = {"date", "x-request-id", "connection", "transfer-encoding"}
#: Path of a list: the parameter that selects one of its items.
IDS = {
    "/": "appID",
    "/platform": "platformID",
    "/codesource": "codeSourceID",
    "/datasource": "dataSourceID",
    "/target": "targetID",
    "/platform/build": "buildID",
    "/platform/deployment": "deploymentID",
    "/platform/build/job": "jobID",
    "/platform/build/image": "buildID",
    "/platform/build/artifact": "artifactID",
    "/platform/build/tag": "tagID",
    "/platform/build/variable": "variableID",
    "/platform/build/object": "objectID",
    "/stats": "appID",
    "/member": "memberID",
    "/invitation": "invitationID",
    "/account/invitation": "invitationID",
    "/account": "accountID",
    "/account/token": "tokenID",
    "/audit": "auditID",
}
#: Relations that lead to where something is done by a POST; there is nothing to read.
ACTIONS = {relation for relations in relations.ACTIONS.values() for relation in relations.values()}
PAGING = ("page", "size", "sort", "_list")


class Crawler:
    """Visits each address once. `known` are values for the variables of templates.

    Those of a path in it are for templates of that path alone.

    What it finds wrong is collected in `faults`, so that one run tells everything.
    """

    def __init__(self, http, known):
        self.http, self.root, self.known = http, str(http.base_url), known
        self.waiting, self.met = [self.root], {self.root}
        self.faults, self.relations, self.pages = [], set(), {}
        self.types, self.shapes = {}, set()

    def crawl(self):
        while self.waiting:
            self.visit(self.waiting.pop())
        return self

    def follow(self, url):
        """Remember an address for a visit."""
        self.expect(url.startswith(self.root), url, "leads elsewhere")
        if url not in self.met:
            self.met.add(url)
            self.waiting.append(url)

    def expect(self, fine, url, fault):
        if not fine:
            self.faults.append(f"{url.removeprefix(self.root)}: {fault}")

    def visit(self, url):
        """Look at an address; again if a minute began: tokens tell when they were used."""
        known, begun = len(self.faults), time.time() // 60
        self.look_at(url)
        if len(self.faults) > known and time.time() // 60 != begun:
            del self.faults[known:]
            self.look_at(url)

    def look_at(self, url):
        answer = self.http.get(url)
        if answer.status_code != 200:
            self.expect(False, url, f"{answer.status_code} {answer.text[:200]}")
            return
        self.pages[url] = answer
        media_type = answer.headers["Content-Type"].partition(";")[0]
        self.types.setdefault(media_type, []).append(url)
        self.compare(url, answer)
        if media_type == HAL:
            self.read_document(url, answer)
        elif media_type == "application/schema+json":
            self.read_schema(url, answer.json())
        elif media_type == "application/problem+json":
            self.expect(False, url, "a problem with status 200")
        elif "/doc/" in url:
            for href in re.findall(r'href="([^"#]+)"', answer.text):
                if urljoin(url, href).startswith(f"{self.root}doc/"):
                    self.follow(urljoin(url, href))

    # --- what every address promises

    def compare(self, url, answer):
        """Ask in all other ways for the same thing."""
        again = self.http.get(url)
        self.expect(again.content == answer.content, url, "other bytes when fetched again")
        self.expect(lasting(again) == lasting(answer), url, "other headers when fetched again")
        head = self.http.head(url)
        self.expect((head.status_code, head.content) == (200, b""), url, "HEAD is no GET")
        self.expect(lasting(head) == lasting(answer), url, f"HEAD says {differing(head, answer)}")
        self.compare_known(url, answer)
        self.preflight(url)
        headers = answer.headers
        self.expect(headers.get("Access-Control-Allow-Origin") == "*", url, "no CORS")
        self.expect("Allow" in headers["Access-Control-Expose-Headers"], url, "Allow is hidden")
        self.expect(headers.get("X-Content-Type-Options") == "nosniff", url, "can be sniffed")

    def compare_known(self, url, answer):
        tag = answer.headers.get("ETag")
        if tag is None:  # a stream has no tag before its end
            is_stream = answer.headers.get("Transfer-Encoding") == "chunked"
            self.expect(is_stream or "/doc/" in url, url, "no ETag")
            return
        known = self.http.get(url, headers={"If-None-Match": tag})
        self.expect((known.status_code, known.content) == (304, b""), url, "no 304")
        self.expect(known.headers.get("ETag") == tag, url, "304 without its ETag")
        other = self.http.get(url, headers={"If-None-Match": '"another"'})
        self.expect(other.status_code == 200, url, "304 for another tag")

    def preflight(self, url):
        asked = {
            "Origin": "https://example.com",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,x-user-agent",
        }
        request = self.http.build_request("OPTIONS", url, headers=asked)
        del request.headers["Authorization"]
        answer = self.http.send(request)
        headers = answer.headers
        self.expect((answer.status_code, answer.content) == (200, b""), url, "OPTIONS is refused")
        self.expect("GET" in headers.get("Allow", "").split(", "), url, "Allow without GET")
        allowed = headers.get("Access-Control-Allow-Headers")
        self.expect(allowed == asked["Access-Control-Request-Headers"], url, "no preflight")

    # --- HAL documents

    def read_document(self, url, answer):
        document = answer.json()
        own = document["_links"]["self"]["href"]
        same = answer if own == url else self.http.get(own)
        self.expect(same.content == answer.content, url, f"self is another document: {own}")
        found = violations(schema_of(urlsplit(url).path, document), document)
        self.expect(found == [], url, found)
        self.read_values(document)
        curies = document["_links"]["curies"]
        for part in [document, *embedded(document)]:
            self.read_links(url, part, curies)
        for item in embedded(document):
            self.read_item(url, item)

    def read_item(self, url, item):
        """An embedded item is what its self shows."""
        self.expect("curies" not in item["_links"], url, "an item has curies")
        address = item["_links"]["self"]["href"]
        known = None if "used" in item else self.pages.get(address)
        answer = known or self.http.get(address)
        self.expect(answer.status_code == 200, address, answer.text[:200])
        if answer.status_code == 200:
            whole = answer.json()
            del whole["_links"]["curies"]
            self.expect(whole == item, url, f"an item differs from {address}")
            self.follow(address)

    def read_values(self, document):
        """Addresses that are values: of zips, of results, and of schemas of configs."""
        for part in [document, *embedded(document)]:
            file = (part.get("buildLocation") or {}).get("config", {})
            addresses = [file["url"]] if "url" in file else []
            for address in [*addresses, *(part.get("results") or [])]:
                self.follow(at_rest(address, part))
        for kind, plugins in document.items():
            if kind.endswith("Types"):
                for plugin in plugins:
                    self.read_config_schema(plugin["configSchema"])

    def read_config_schema(self, found):
        if found:
            self.follow(found["id"])
            self.expect(self.http.get(found["id"]).json() == found, found["id"], "differs")

    def read_links(self, url, part, curies):
        for relation, links in part["_links"].items():
            self.expect(links not in (None, []), url, f"{relation} is empty")
            for link in links if isinstance(links, list) else [links]:
                if relation in ACTIONS:
                    self.read_action(url, relation, link)
                elif relation != "curies":
                    self.read_link(url, relation, link)
            if relation.startswith("ec:"):
                self.read_relation(relation, curies)
        for relation in part.get("_embedded", ()):
            self.read_relation(relation, curies)

    def read_relation(self, relation, curies):
        """Remember a relation, and follow its curie to the page that explains it."""
        self.relations.add(relation)
        prefix, _, name = relation.partition(":")
        (curie,) = [each for each in curies if each["name"] == prefix]
        self.follow(URITemplate(curie["href"]).expand(rel=name))

    def read_link(self, url, relation, link):
        href, profile = link["href"], link.get("profile")
        self.expect(urlsplit(href).scheme in ("http", "https"), url, f"{relation} is relative")
        is_template = "{" in href
        self.expect(link.get("templated", False) is is_template, url, f"{relation}: templated")
        self.expect("_token" not in href, url, f"{relation} shows a token")
        for address in self.expanded(href) if is_template else [href]:
            self.follow(address)
        if profile:
            self.follow(profile)
            if is_template:
                self.follow(f"{profile}-template")

    def read_action(self, url, relation, link):
        """An action is there, but not to be read, and its answer has a schema."""
        self.follow(link["profile"])
        answer = self.http.get(link["href"])
        refused = (answer.status_code, answer.headers.get("Allow"))
        self.expect(refused == (405, "POST, OPTIONS"), url, f"{relation}: {refused}")

    def expanded(self, href):
        """The addresses that a template leads to: bare, as pages, and by each filter alone.

        Of templates that differ in their owner's id only, the first is expanded in all ways.
        """
        template = URITemplate(href)
        names = [name for each in template.variables for name in each.variable_names]
        place = urlsplit(href.partition("{")[0])
        own, owners = IDS[place.path], parse_qs(place.query)
        values = {**self.known, **self.known.get(place.path, {})}
        values |= {name: each[0] for name, each in owners.items()}
        if names == [own]:
            return [template.expand({own: values[own]})]
        as_list = {"_list": "true"}
        shape = (place.path, *owners, *names)
        if shape in self.shapes:
            return [template.expand(each) for each in ({}, as_list)]
        self.shapes.add(shape)
        wanted = [
            {},
            as_list,
            {**as_list, "size": "0"},
            {**as_list, "size": 1},
            {**as_list, "size": 1, "page": 2},
            {**as_list, "size": 5, "page": 99},
            {**as_list, "sort": f"-{own}"},
            {**as_list, own: f"{values[own]},{values[own]}"},
        ]
        filters = [name for name in names if name not in PAGING]
        wanted += [{**as_list, name: values[name]} for name in filters]
        return [template.expand(each) for each in wanted]

    # --- schemas

    def read_schema(self, url, document):
        """A schema stands under its id, and so does everything that it refers to."""
        self.expect(document["id"] == url, url, f"its id is {document['id']}")
        self.expect("draft-04" in document["$schema"], url, "is not draft-04")
        for reference in references(document):
            address = urljoin(url, reference).partition("#")[0]
            self.follow(address)


def lasting(answer):
    return {name: text for name, text in answer.headers.items() if name not in FLEETING}


def differing(head, answer):
    one, other = lasting(head), lasting(answer)
    names = one.keys() | other.keys()
    return {name: one.get(name) for name in names if one.get(name) != other.get(name)}


def embedded(document):
    """All embedded items of a document."""
    return [each for items in document.get("_embedded", {}).values() for each in items]


def at_rest(address, part):
    """Where an address leads in the end: a site is a folder, whose address ends with a slash."""
    is_site = "results" in part and "/sites/" in address
    return f"{address.rstrip('/')}/" if is_site else address
