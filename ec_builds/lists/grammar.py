"""How the value of an exact filter is spelled (reference 2.5).

    plain         equal to it
    (a, b)        equal to what is inside the parentheses, comma and space included
    a,(b c)       equal to one of them
    a b           all of them, where a property has many values; otherwise equal to `a b`
"""


def pattern_of_one(value):
    """The pattern of a filter for one value, which looks as a pattern says."""
    return rf"^({value}|\({value}\))$"


def pattern_of_many(value):
    """The pattern of a filter for any number of values."""
    one = rf"({value}|\({value}\))"
    return f"^{one}(,{one})*$"


def literal(text):
    """The inside of a value that is wrapped in one pair of parentheses, or None."""
    if len(text) < 2 or text[0] != "(" or text[-1] != ")":
        return None
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and place < len(text) - 1:
            return None
    return text[1:-1] if depth == 0 else None


def split(text, separator):
    """The parts of a text between separators that stand outside of parentheses."""
    if "(" not in text:
        return text.split(separator)
    parts, depth = [""], 0
    for character in text:
        depth = max(0, depth + (character == "(") - (character == ")"))
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def bare(part):
    inside = literal(part)
    return part if inside is None else inside


def read_exact(text, many=False):
    """The operator (`any` or `all`) and the values of an exact filter."""
    inside = literal(text)
    if inside is not None:
        return "any", [inside]
    parts = split(text, ",")
    if len(parts) > 1:
        return "any", [bare(part) for part in parts]
    words = [word for word in split(text, " ") if word] if many else ()
    if len(words) > 1:
        return "all", [bare(word) for word in words]
    return "any", [text]
