"""Which plugins there are, with their schemas."""


class Types:
    def __init__(self, plugins):
        self.plugins = plugins

    def of(self, kind):
        """The plugin classes of a kind, in the order of their types."""
        return [self.plugins.get(kind, type) for type in self.plugins.types(kind)]

    def get(self, kind, type):
        """The plugin class, or None."""
        return self.plugins.get(kind, type)
