"""Data from a JSON API."""

import orjson

from ec_builds.errors import BuildError
from ec_builds.network import urls
from ec_builds.plugins import schemas, trees
from ec_builds.plugins.contract import DataSource
from ec_builds.plugins.datasources.pages import Collection, next_page

ACCEPT = "application/hal+json, application/json;q=0.9, */*;q=0.1"
#: Pages, bytes of all pages together, and lists and objects in each other.
MOST_PAGES, MOST_BYTES, MOST_DEEP = 1000, 32 << 20, 100
#: Values of all pages together, names of members among them. In memory, each can be many times
#: what it is as text; with these limits, all of them take less than 400 MB.
MOST_VALUES = 2_000_000
PAGES = ("text/html", "application/xhtml+xml")


class OwnDataManager(DataSource):
    """Asks for a document, follows its pages, and writes all of it to data.json.

    A document without pages is written as it came. Of several pages one document is made, as
    `Collection` says. The next page is found by a `Link` header with `rel="next"`, by
    `_links.next` as in HAL, or by a member `next` that is an address.
    """

    type = "ownDataManager"
    config_schema = schemas.config(
        {
            "url": {
                "type": "string",
                "pattern": "^https?://[^\\s/@][^\\s]*$",
                "maxLength": 4000,
                "description": "The address of the document, or of its first page.",
            },
            "token": schemas.secret(
                "Sent as a bearer token, to the origin of the url only.",
                pattern="^[\\x21-\\x7e]+$",
                maxLength=10000,
            ),
            "property": {
                "type": "string",
                "minLength": 1,
                "description": "The member that holds the list, in a document with pages "
                "that contains several lists.",
            },
        },
        required=["url"],
    )

    @classmethod
    def audience(cls, config):
        return urls.origin(config["url"])

    @classmethod
    def check(cls, config):
        urls.checked(config["url"])

    def fetch(self, config, into, context):
        questions = Questions(config, context.network)
        document, answer = questions.ask(config["url"])
        first = urls.shown(answer.url)
        text = answer.body
        collection = Collection(document, first, config.get("property"))
        while following := questions.following(document, answer):
            document, answer = questions.ask(following)
            collection.add(document, urls.shown(answer.url))
        if len(questions.asked) > 1:
            text = orjson.dumps(collection.joined())
        (into / trees.DATA).write_bytes(text)
        return {
            "url": urls.shown(config["url"]),
            "pages": len(questions.asked),
            "items": collection.items,
            "bytes": len(text),
        }


class Questions:
    """All that is asked for one set of data."""

    def __init__(self, config, network):
        self.network, self.token = network, config.get("token")
        self.origin = urls.origin(urls.checked(config["url"]))
        self.asked, self.left, self.values = [], MOST_BYTES, 0

    def ask(self, url):
        """Read one page. Returns it, and the answer that brought it."""
        if url in self.asked:
            raise BuildError(
                f"The pages of {urls.shown(url)} lead in a circle",
                url=urls.shown(url),
                pages=len(self.asked),
            )
        if len(self.asked) == MOST_PAGES:
            raise BuildError(
                f"{urls.shown(self.asked[0])} has more than {MOST_PAGES} pages",
                url=urls.shown(self.asked[0]),
            )
        headers = {"Accept": ACCEPT}
        if self.token and urls.origin(url) == self.origin:
            headers["Authorization"] = f"Bearer {self.token}"
        self.asked.append(url)
        answer = self.network.get(url, headers, limit=max(self.left, 1))
        self.left -= len(answer.body)
        self.count(answer)
        return parsed(answer), answer

    def count(self, answer):
        """Refuse more values than may be, while they are still text.

        Punctuation in texts counts as well; to tell it apart takes as long as to read it all.
        """
        self.values += sum(map(answer.body.count, (b"[", b"{", b",", b":")))
        if self.values > MOST_VALUES:
            first = urls.shown(self.asked[0])
            raise BuildError(
                f"The data at {first} has more than {MOST_VALUES} values",
                url=first,
                limit=MOST_VALUES,
                pages=len(self.asked),
            )

    def following(self, document, answer):
        """The address of the next page, or None."""
        reference = next_page(document, answer.headers)
        return str(urls.joined(answer.url, reference)) if reference else None


def parsed(answer):
    """The document of an answer, if it is one, and not too deep to be handled."""
    url = answer.facts["url"]
    if answer.content_type in PAGES:
        raise BuildError(
            f"{url} answered with {answer.content_type} where JSON was expected", **answer.facts
        )
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        kind = f" ({answer.content_type})" if answer.content_type else ""
        raise BuildError(
            f"{url} answered with something that is not JSON{kind}: {error.msg}", **answer.facts
        ) from error
    if too_deep(document):
        raise BuildError(
            f"The document at {url} is nested more than {MOST_DEEP} levels deep", **answer.facts
        )
    return document


def too_deep(document):
    """Whether there are more levels than may be. Goes into depth, and needs no recursion."""
    path = [iter((document,))]
    while path:
        if len(path) > MOST_DEEP + 1:
            return True
        for value in path[-1]:
            if isinstance(value, (dict, list)):
                path.append(iter(value.values() if isinstance(value, dict) else value))
                break
        else:
            path.pop()
    return False
