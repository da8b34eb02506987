"""Documents of a JSON API that are pages of each other: where the next one is, and all in one."""

import re

from ec_builds.errors import BuildError

#: Linear: a header may be long, and consist of nothing but brackets.
LINK = re.compile(r"<([^<>]*)>([^<]*)")
RELATIONS = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


def next_page(document, headers):
    """The reference to the next page, or None: by header, as HAL, or as a plain member."""
    for reference, parameters in LINK.findall(", ".join(headers.get_list("link"))):
        relations = RELATIONS.search(parameters)
        if relations and "next" in (relations[1] or relations[2] or "").lower().split():
            return reference
    if not isinstance(document, dict):
        return None
    links = document.get("_links")
    link = links.get("next") if isinstance(links, dict) else None
    if isinstance(link, list):
        link = link[0] if link else None
    if isinstance(link, dict) and isinstance(link.get("href"), str):
        return link["href"] or None
    plain = document.get("next")
    # in some documents it is a word like any other
    if isinstance(plain, str) and re.match(r"https?://|[/?]", plain):
        return plain
    return None


class Collection:
    """The pages of a list, joined. It looks like its first page, only longer.

    * A list grows by the lists that follow.
    * A HAL document keeps the properties and links of the first page; the lists in its
      `_embedded` are joined relation by relation, and `count` says how many there are.
    * Another object keeps the properties of the first page; the list in it grows. Which one
      that is, `property` says if there are several.

    What led from page to page (`next`, `prev`, ...) is left out, so the shape does not depend
    on how many pages there happen to be.
    """

    def __init__(self, document, url, property=None):
        self.document, self.url, self.property = document, url, property
        self.lists = self.find(document)

    def find(self, document):
        """The lists of a page by name; None where there are none to join."""
        if isinstance(document, list):
            return {None: document}
        if not isinstance(document, dict):
            return {}
        embedded = document.get("_embedded")
        if isinstance(embedded, dict) and not self.property:
            for relation, value in embedded.items():
                embedded[relation] = value if isinstance(value, list) else [value]
            return embedded
        names = [name for name, value in document.items() if isinstance(value, list)]
        if self.property:
            names = [name for name in names if name == self.property]
        return {names[0]: document[names[0]]} if len(names) == 1 else {}

    def add(self, document, url):
        """Join another page."""
        if not self.lists and not self.is_hal(self.document):
            raise BuildError(
                f"{self.url} has pages, but it is not clear which list goes on in them; "
                "`property` can name it",
                url=self.url,
            )
        if type(document) is not type(self.document):
            raise BuildError(f"The page {url} is not like the first one", url=url)
        for name, values in self.find(document).items():
            if name in self.lists:
                self.lists[name].extend(values)
            elif self.is_hal(self.document):
                self.document.setdefault("_embedded", self.lists)[name] = values
            else:
                raise BuildError(f"The page {url} is not like the first one", url=url)

    def is_hal(self, document):
        return isinstance(document, dict) and "_links" in document and not self.property

    def joined(self):
        """The document of all pages."""
        if not isinstance(self.document, dict):
            return self.document
        for member in ("next", "prev", "previous", "first", "last"):
            if isinstance(self.document.get(member), (str, type(None))):
                self.document.pop(member, None)
            if isinstance(self.document.get("_links"), dict):
                self.document["_links"].pop(member, None)
        if self.is_hal(self.document) or "count" in self.document:
            self.document["count"] = self.items
        return self.document

    @property
    def items(self):
        """How many there are in all lists."""
        return sum(map(len, self.lists.values())) if self.lists else 1
