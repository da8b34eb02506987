"""Finds plugins by kind and type, from entry points: ours, and those of others."""

import inspect
import logging
from dataclasses import dataclass
from importlib import metadata

from ec_builds.plugins.contract import CodeSource, DataSource, Platform, Target
from ec_builds.plugins.drivers.contract import Driver

log = logging.getLogger(__name__)

#: What a plugin of each kind is made of. Its entry points are in the group
#: `ec_builds.<kind>s`.
KINDS = {
    "codesource": CodeSource,
    "datasource": DataSource,
    "platform": Platform,
    "target": Target,
    "driver": Driver,
}


@dataclass(frozen=True)
class Broken:
    """A plugin that is installed and cannot be used."""

    kind: str
    name: str
    source: str
    reason: str

    def __str__(self):
        return f"The {self.kind} plugin “{self.name}” of {self.source} is left out: {self.reason}"


class Plugins:
    """The plugins of a server. One that is broken is left out, and takes nothing else along."""

    def __init__(self):
        self.known = {kind: {} for kind in KINDS}
        self.broken = []

    @classmethod
    def installed(cls, find=metadata.entry_points):
        """All plugins that are installed beside this server. Ours are looked at first."""
        plugins = cls()
        for kind in KINDS:
            found = find(group=f"ec_builds.{kind}s")
            for entry in sorted(found, key=lambda entry: not entry.value.startswith("ec_builds.")):
                plugins.load(kind, entry)
        return plugins

    @classmethod
    def of(cls, *classes):
        """These plugins and no others."""
        plugins = cls()
        for each in classes:
            kind = next(kind for kind, contract in KINDS.items() if issubclass(each, contract))
            plugins.add(kind, each, each.type, each.__module__)
        return plugins

    def get(self, kind, type):
        """The class of a plugin, of which each run makes an instance; None if there is none."""
        return self.known[kind].get(type)

    def types(self, kind):
        """The types of one kind, sorted."""
        return sorted(self.known[kind])

    def load(self, kind, entry):
        """Import a plugin and add it."""
        try:
            found = entry.load()
        except (Exception, SystemExit) as error:  # whatever others' modules do when imported
            self.leave_out(kind, entry.name, entry.value, f"{type(error).__name__}: {error}")
        else:
            self.add(kind, found, entry.name, entry.value)

    def add(self, kind, found, name, source):
        """Add a class under its type, unless something speaks against it."""
        wrong = fault(kind, found, name)
        if not wrong and name in self.known[kind]:
            first = self.known[kind][name]
            wrong = f"there is one of this type already, {first.__module__}:{first.__qualname__}"
        if wrong:
            self.leave_out(kind, name, source, wrong)
        else:
            self.known[kind][name] = found

    def leave_out(self, kind, name, source, reason):
        log.warning("The %s “%s” from %s is left out: %s", kind, name, source, reason)
        self.broken.append(Broken(kind, name, source, reason))


def fault(kind, found, name):
    """What speaks against a plugin, or None."""
    contract = KINDS[kind]
    if not (inspect.isclass(found) and issubclass(found, contract)):
        return f"it is not a class that extends {contract.__name__}"
    if inspect.isabstract(found):
        return f"it lacks {', '.join(sorted(found.__abstractmethods__))}"
    if getattr(found, "type", None) != name:
        return f"its type is {getattr(found, 'type', None)!r}, its entry point says {name!r}"
    if not isinstance(found.config_schema, dict):
        return "its config_schema is not an object"
    if remote := next(remote_references(found.config_schema), None):
        return f"its config_schema refers to {remote}"
    return None


def remote_references(schema):
    """All references of a schema that do not lead into itself."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                yield reference
            waiting.extend(part.values())
        elif isinstance(part, (list, tuple)):
            waiting.extend(part)
