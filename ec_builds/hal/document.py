"""A HAL document: built up link by link, handed out as a plain dict."""


class Document:
    """One resource: its state, its links, and what it embeds.

    Links are objects with `href` and maybe `templated`, `profile` and `title`;
    a relation that has several is a list. A relation is never null.
    """

    def __init__(self, href, profile=None, **state):
        self.href = href
        self.state = state
        self.links = {}
        self.embedded = {}
        #: What else changes when the resource does, though it is not shown.
        self.unseen = ""
        self.link("self", href, profile=profile)

    def link(self, rel, href, **attributes):
        """Add a link; a second one under the same name turns both into a list."""
        new = {"href": href, **{name: value for name, value in attributes.items() if value}}
        if rel in self.links:
            known = self.links[rel]
            self.links[rel] = [*(known if isinstance(known, list) else [known]), new]
        else:
            self.links[rel] = new
        return self

    def links_to(self, rel, links):
        """Add a relation that always is a list; without links it is left out."""
        if links:
            self.links[rel] = list(links)
        return self

    def template(self, rel, href, **attributes):
        """Add a link whose href is a URI template (RFC 6570)."""
        return self.link(rel, href, templated=True, **attributes)

    def embed(self, rel, documents):
        """Embed a list of documents; it stays a list even if there is just one."""
        self.embedded[rel] = list(documents)
        return self

    def as_dict(self, curies=(), hidden=()):
        """The whole document, with the curies that explain its relations, without hidden ones."""
        body = self.nested(hidden)
        if curies:
            body["_links"] = {"curies": list(curies), **body["_links"]}
        return body

    def nested(self, hidden=()):
        """The document as a part of another one, without hidden relations."""
        links = {rel: link for rel, link in self.links.items() if rel not in hidden}
        body = {**self.state, "_links": links}
        if any(self.embedded.values()):
            body["_embedded"] = {
                rel: [each.nested(hidden) for each in documents]
                for rel, documents in self.embedded.items()
            }
        return body
