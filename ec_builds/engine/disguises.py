"""The shapes in which a secret can turn up in what a command prints.

`plain` shapes are looked for as they are. `encoded` ones, base64 and hex, are
looked for in the same text without blanks, colons and ends of lines, since
programs like to put these between them.
"""

import base64
import html
import json
import re
import shlex
from urllib.parse import quote, quote_plus

#: Characters from which on a line of a secret is a secret of its own.
LINE = 6
#: What a JavaScript program leaves as it is.
COMPONENT, ADDRESS = "!'()*", "!'()*;,/?:@&=+$#"
ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
#: Characters from which on the first line of an encoded secret is seen, should it be wrapped.
START = 4


def core(secret):
    """What of a secret is looked for: no blanks around it, and of a text from the first line that
    is long enough to the last, for brackets alone in a line are no secret."""
    lines = secret.splitlines()
    is_long = [len(line.strip()) >= LINE for line in lines]
    if True in is_long:
        last = len(lines) - is_long[::-1].index(True)
        kept = secret.splitlines(keepends=True)[is_long.index(True) : last]
        secret = "".join(kept)
    return secret.strip()


def plain(secret):
    """A secret and its long lines as they are, in quotes and in addresses, as bytes."""
    whole = core(secret)
    lines = {line.strip() for line in whole.splitlines()}
    texts = {whole} | {line for line in lines if len(line) >= LINE}
    return {shape for text in texts for shape in shapes(text)}


def shapes(text):
    for shape in {text, *quoted(text), *in_addresses(text)}:
        yield shape.encode("utf-8", "replace")


def quoted(text):
    """As JSON, programs, pages and shells write it, without the quotes around it."""
    for ascii in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii)[1:-1]
        yield escaped
        yield escaped.replace("/", "\\/")
    yield repr(text)[1:-1]
    yield repr(text.encode("utf-8", "replace"))[2:-1]
    yield html.escape(text)
    yield html.escape(text, quote=False)
    yield text.replace("'", "'\\''")
    yield shlex.quote(text).strip("'")
    yield re.sub(r'([\\"$`])', r"\\\1", text)
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)
    yield "".join(ESCAPES.get(each, each) for each in text)
    yield "".join(ESCAPES.get(each) or octal(each) for each in text)


def octal(character):
    """As a shell that knows only ASCII prints it."""
    if character.isascii() and character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "replace"))


def in_addresses(text):
    """Percent-encoded, as the browsers and programs of this world do it."""
    for safe in ("", "/", COMPONENT, ADDRESS):
        yield from both_cases(quote(text, safe=safe, errors="replace"))
        yield from both_cases(quote_plus(text, safe=safe, errors="replace"))
    yield from both_cases("".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace")))


def both_cases(escaped):
    yield escaped
    yield re.sub("%..", lambda escape: escape[0].lower(), escaped)


def encoded(secret):
    """A secret in base64, wherever it lies in the encoded text, and in hex.

    What begins later is for lines that end soon after the beginning, see `EncodedSearch`.
    """
    bare = core(secret).encode("utf-8", "replace")
    whole = {bare.hex().encode(), bare.hex().upper().encode()}
    for offset in range(3):
        for shape in in_base64(bare, offset):
            whole |= {shape, shape.translate(bytes.maketrans(b"+/", b"-_"))}
    long = [shape for shape in whole if len(shape) >= 2 * START]
    return whole | {shape[start:] for shape in long for start in range(1, START)}


def in_base64(bare, offset):
    """The characters that depend on the secret alone, if that many bytes precede it.

    At the end of the encoded text there is one more, with or without the padding.
    """
    text = base64.b64encode(bytes(offset) + bare)
    first = -(-offset * 8 // 6)
    yield text[first : (offset + len(bare)) * 8 // 6]
    yield text[first:].rstrip(b"=")
    yield text[first:]
