"""A list resource as it is declared, and a question as a client asks it."""

from dataclasses import dataclass, field

from ec_builds.errors import InvalidParameter, NotFilterable, NotRangeable, NotSortable
from ec_builds.lists.grammar import read_exact
from ec_builds.lists.kinds import KINDS

#: Parameters that are no filters (reference 2.2).
RESERVED = ("page", "size", "sort", "_list")
#: Characters of a filter; databases have limits of their own, and no sentence for them.
LONGEST = 10_000
#: Endings of a parameter's name, and what they ask for.
RANGES = {"From": "from", "To": "to"}


@dataclass(frozen=True)
class Filter:
    """A condition: `operator` is any, all, search, from, to or empty."""

    property: str
    operator: str
    values: tuple


@dataclass(frozen=True)
class Question:
    """What a client wants of a list; `size` 0 is everything, `order` is (property, descending)."""

    filters: tuple = ()
    order: tuple = ()
    page: int = 1
    size: int = 10

    def value_of(self, property):
        """The value of an exact filter that has just one, or None."""
        for each in self.filters:
            if (each.property, each.operator) == (property, "any") and len(each.values) == 1:
                return each.values[0]
        return None


@dataclass(frozen=True)
class Listing:
    """A list resource: its id, its properties and their kinds, its template variables, its order.

    Every property can be sorted by; what is a template variable can be
    filtered by, in exactly that way. `many` are properties with many values.
    """

    id: str
    properties: dict
    variables: tuple
    sort: str
    many: frozenset = field(default=frozenset())

    def ask(self, parameters):
        """Read the parameters of a query string, a dict of texts. Raises the 32xx errors."""
        filters = [
            self.read_filter(name, text)
            for name, text in parameters.items()
            if name not in RESERVED
        ]
        return Question(
            tuple(filters),
            self.read_order(parameters.get("sort") or self.sort),
            parameters.get("page", 1),
            parameters.get("size", 10),
        )

    def is_single(self, parameters):
        """Whether the parameters select the one resource rather than a list (reference 2.3)."""
        own = parameters.get(self.id)
        if own is None or parameters.get("_list") == "true":
            return False
        return len(read_exact(own)[1]) == 1

    def read_filter(self, name, text):
        property, operator = self.operator_of(name)
        kind = KINDS[self.properties[property]]
        try:
            if len(text) > LONGEST:
                raise ValueError(f"at most {LONGEST} characters long")
            if operator == "search":
                return Filter(property, "search", (text,))
            if operator in ("from", "to"):
                return Filter(property, operator, (kind(text),))
            if text == "" and self.properties[property] in ("text", "time"):
                return Filter(property, "empty", ())
            operator, values = read_exact(text, property in self.many)
            return Filter(property, operator, tuple(kind(value) for value in values))
        except ValueError as error:
            raise InvalidParameter(name, f"{name} should be {error}.") from error

    def operator_of(self, name):
        """The property and the operator that a parameter's name stands for."""
        if name in self.variables:
            if name.endswith("~"):
                return name[:-1], "search"
            for ending, operator in RANGES.items():
                if name.endswith(ending) and name.removesuffix(ending) in self.properties:
                    return name.removesuffix(ending), operator
            return name, "exact"
        for ending in RANGES:
            property = name.removesuffix(ending)
            if property != name and property in self.properties:
                raise NotRangeable(property)
        raise NotFilterable(name.removesuffix("~"))

    def read_order(self, text):
        """(property, descending) for each key; the id comes last, so that the order is total."""
        order = []
        for key in text.split(","):
            # A plus that was not encoded has become a space.
            property = key.strip().lstrip("+").strip() if key[:1] in ("+", " ") else key
            descending = property.startswith("-")
            property = property.removeprefix("-")
            if property not in self.properties or property in self.many:
                raise NotSortable(property or "sort")
            if property not in (known for known, _ in order):
                order.append((property, descending))
        if self.id not in (property for property, _ in order):
            order.append((self.id, order[0][1]))
        return tuple(order)
