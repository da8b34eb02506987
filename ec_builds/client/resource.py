"""A HAL document in the hands of a client."""

from ec_builds.client.errors import NoLink, Unexpected
from ec_builds.client.link import Link


class Resource:
    """The properties of a resource, its links, and what it embeds, as of one moment."""

    def __init__(self, session, document, url, etag=None):
        self.session, self.document, self.url, self.etag = session, document, url, etag

    def __repr__(self):
        return f"<Resource {self.href}>"

    def __getitem__(self, name):
        """A property. Raises Unexpected if the resource has none of this name."""
        if name not in self.document:
            raise Unexpected(f"{self.href} has no property “{name}”.")
        return self.document[name]

    def __contains__(self, name):
        return name in self.document

    def get(self, name, otherwise=None):
        """A property, or something else if there is none of this name."""
        return self.document.get(name, otherwise)

    @property
    def href(self):
        """Where the resource is: its `self`, or where it was read."""
        links = self.links("self")
        return links[0].url() if links else self.url

    def links(self, rel):
        """All links of a relation, whether the document has one, a list, or none of them."""
        found = listed((self.document.get("_links") or {}).get(rel))
        objects = [each for each in found if isinstance(each, dict) and each.get("href")]
        return [Link(self.session, rel, each, self.url) for each in objects]

    def link(self, rel):
        """The first link of a relation. Raises NoLink."""
        links = self.links(rel)
        if not links:
            raise NoLink(f"{self.href} has no link “{rel}”.")
        return links[0]

    def follow(self, rel, /, **variables):
        """The resource at the other end of a link, whose template is given values."""
        return self.link(rel).follow(**variables)

    def create(self, rel, body=None, /, **variables):
        """POST to the other end of a link. Returns the resource that was created."""
        return self.link(rel).create(body, **variables)

    def items(self, rel):
        """What a list embeds under a relation, on this page and on all that follow it."""
        page, seen = self, set()
        while True:
            seen.add(page.url)
            for document in listed((page.document.get("_embedded") or {}).get(rel)):
                yield Resource(self.session, document, page.url)
            if not page.links("next"):
                return
            if (address := page.link("next").url()) in seen:
                raise Unexpected(f"The pages of {self.href} lead in a circle, to {address}.")
            page = self.session.get(address)

    def reload(self):
        """The resource as it is now; itself if nothing has changed."""
        return self.session.get(self.href, known=self)

    def delete(self):
        """Delete the resource. Returns what the server says of its end: a resource, or None."""
        return self.session.delete(self.href)


def listed(value):
    """One thing, a list of things or nothing, as a list: HAL allows all of them."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
