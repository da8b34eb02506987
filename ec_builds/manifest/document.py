"""YAML as far as a manifest goes: texts, lists and mappings that know their lines.

Built from the parser's events and not by its own composer, so that aliases, tags and nesting are
bounded before anything is made of them. Texts stay as they were written: `1.10` is "1.10".
"""

import re

import yaml

from ec_builds.manifest.errors import Fault, ManifestError

#: libyaml's parser is ten times as fast; they differ in nothing that people write.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Bytes of a manifest; values in it, and characters of them, with those that aliases repeat.
LONGEST, MOST_VALUES, MOST_CHARACTERS = 256 * 1024, 50_000, 1024 * 1024
#: A manifest needs five levels; an unknown key may hold more.
DEEPEST = 20

#: The kinds of values, as they are called in sentences.
TEXT, LIST, MAPPING, NOTHING = "a text", "a list", "a mapping", "nothing"

YAML = "tag:yaml.org,2002:"
NULLS = {"", "~", "null", "Null", "NULL"}
HARMLESS = {
    *(None, "!"),
    *(YAML + name for name in "str int float bool null timestamp seq map merge".split()),
}
#: What YAML cannot be written with; a byte order mark may only begin it.
UNWRITABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
#: What escapes can bring in, and what neither a shell nor a database can keep.
UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
LINE_ENDS = re.compile("\r\n|\r|\n")


def refusal(line, what):
    return ManifestError([Fault(what, line)])


def shortened(text, length=60):
    """A text of theirs, as it is shown in a sentence of ours."""
    shown = text if len(text) <= length else f"{text[:length]}…"
    return '"' + "".join(each if each.isprintable() else "�" for each in shown) + '"'


class Node:
    """A value: a text, a list of nodes, or a mapping from texts to nodes.

    It is open until its end was read; then `values` and `characters` say how much is in it.
    """

    __slots__ = ("kind", "line", "value", "values", "characters", "open")

    def __init__(self, kind, line, value):
        self.kind, self.line, self.value = kind, line, value
        self.values = self.characters = 0
        self.open = True


def document(text):
    """The first document in a text; ManifestError if it is none, or too much."""
    # cheap to tell, and all that follows is bounded by it
    if len(text) > LONGEST or len(text.encode(errors="surrogatepass")) > LONGEST:
        raise refusal(None, f"is too long; at most {LONGEST // 1024} KiB are read")
    text = text.removeprefix("\ufeff")
    if strange := UNWRITABLE.search(text):
        line = 1 + len(LINE_ENDS.findall(text, 0, strange.start()))
        code = f"U+{ord(strange[0]):04X}"
        raise refusal(line, f"has the character {code}, which YAML cannot contain; take it out")
    return Composer(text).document()


class Composer:
    """Makes nodes of a parser's events, and counts what they come to."""

    def __init__(self, text):
        self.text = text
        self.loader = LOADER(text)
        self.anchors = {}
        self.values = self.characters = 0

    def document(self):
        """The first document's node; nothing if there is no document."""
        try:
            self.next()  # the beginning of the stream
            if isinstance(self.next(), yaml.StreamEndEvent):
                return Node(NOTHING, None, "")
            node = self.node(self.next(), 0)
            if not self.next().explicit:
                self.next()  # another document, or the end; not something left over
            return node
        finally:
            self.loader.dispose()

    def next(self):
        """The next event; whatever keeps the parser from one is their fault."""
        try:
            return self.loader.get_event()
        except yaml.MarkedYAMLError as error:
            raise self.unparsable(error) from error
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # the parser in Python takes escapes and versions for numbers without a look at them
            raise refusal(None, f"is not YAML: {error}") from error

    def unparsable(self, error):
        """The parser's words, with the line where it could not go on."""
        mark, what = error.problem_mark, error.problem
        if self.text[mark.index : mark.index + 1] == "\t":
            what = "a tab cannot stand here; indent with spaces"
        elif error.context and error.context_mark:
            what = f"{what}, {error.context} from line {error.context_mark.line + 1}"
        return refusal(mark.line + 1, f"is not YAML: {what}")

    def node(self, event, depth):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            return self.repeated(event.anchor, line)
        if depth > DEEPEST:
            raise refusal(line, f"is nested too deeply; at most {DEEPEST} levels are read")
        if event.tag not in HARMLESS:
            tag = shortened(event.tag.replace(YAML, "!!"))
            raise refusal(line, f"has the tag {tag}, which means nothing here; take it out")
        values, characters = self.values, self.characters
        self.count(line, 1, 0)
        node = self.opened(event, line)
        if event.anchor:
            self.anchors[event.anchor] = node
        self.fill(node, event, depth)
        node.values, node.characters = self.values - values, self.characters - characters
        node.open = False
        return node

    def opened(self, event, line):
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(LIST, line, [])
        if isinstance(event, yaml.MappingStartEvent):
            return Node(MAPPING, line, {})
        null = event.tag is None and event.implicit[0] and event.value in NULLS
        if null or event.tag == YAML + "null":
            return Node(NOTHING, line, "")
        return Node(TEXT, line, event.value)

    def fill(self, node, event, depth):
        if node.kind == LIST:
            while not isinstance(event := self.next(), yaml.SequenceEndEvent):
                node.value.append(self.node(event, depth + 1))
        elif node.kind == MAPPING:
            self.fill_mapping(node, depth)
        else:
            self.count(node.line, 0, len(node.value))
            if strange := UNKEEPABLE.search(node.value):
                code = f"U+{ord(strange[0]):04X}"
                raise refusal(node.line, f"has a text with the character {code}; take it out")

    def fill_mapping(self, node, depth):
        merged = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            value = self.node(self.next(), depth + 1)
            if self.merges(event):
                for name, inherited in self.inherited(value):
                    merged.setdefault(name, inherited)
            elif key.kind in (TEXT, NOTHING):  # nothing that is known has another key
                node.value[key.value] = value
        node.value = {**merged, **node.value}

    def merges(self, event):
        if not isinstance(event, yaml.ScalarEvent) or event.value != "<<":
            return False
        return event.tag == YAML + "merge" or (event.tag is None and event.implicit[0])

    def inherited(self, node):
        """What is in the mapping that a merge key names, or in several, the first one first."""
        for each in node.value if node.kind == LIST else [node]:
            if each.kind != MAPPING:
                raise refusal(node.line, "<< should name a mapping, or a list of mappings")
            yield from each.value.items()

    def repeated(self, anchor, line):
        node, shown = self.anchors.get(anchor), shortened(anchor)
        if node is None:
            raise refusal(line, f"the alias {shown} stands for nothing that comes before it")
        if node.open:
            raise refusal(line, f"the alias {shown} stands for something that contains it")
        self.count(line, node.values, node.characters)
        return node

    def count(self, line, values, characters):
        self.values += values
        self.characters += characters
        if self.values > MOST_VALUES:
            raise refusal(line, f"has more than {MOST_VALUES:,} values with what aliases repeat")
        if self.characters > MOST_CHARACTERS:
            limit = f"{MOST_CHARACTERS:,} characters"
            raise refusal(line, f"has more than {limit} with what aliases repeat")
