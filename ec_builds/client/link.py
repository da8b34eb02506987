"""A link: where it leads, once its variables have values."""

from urllib.parse import urljoin

import uritemplate

from ec_builds.client.errors import NoVariable


class Link:
    """One link of a document; its href may be a URI template (RFC 6570)."""

    def __init__(self, session, rel, attributes, base):
        self.session, self.rel, self.attributes, self.base = session, rel, attributes, base

    def __getitem__(self, name):
        """An attribute, such as `title` or `profile`; None if the link has none of this name."""
        return self.attributes.get(name)

    @property
    def variables(self):
        """The names that the template leaves open; none if the link is plain."""
        # not every server marks its templates, and no plain href has a brace
        return tuple(uritemplate.variables(self.attributes["href"]))

    def url(self, /, **variables):
        """The absolute address behind the link. Raises NoVariable."""
        for name in variables:
            if name not in self.variables:
                known = ", ".join(self.variables) or "none"
                raise NoVariable(
                    f"The link “{self.rel}” has no variable “{name}”; it knows {known}."
                )
        values = {name: text(value) for name, value in variables.items()}
        return urljoin(self.base, uritemplate.expand(self.attributes["href"], values))

    def follow(self, /, **variables):
        """The resource at the other end."""
        return self.session.get(self.url(**variables))

    def create(self, body=None, /, **variables):
        """POST to the other end. Returns the resource that was created."""
        return self.session.post(self.url(**variables), body)


def text(value):
    """A value as templates take it; they would write the number 0 as nothing."""
    if isinstance(value, (list, tuple)):
        return [text(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)
