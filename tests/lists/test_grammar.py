"""How the values of exact filters are spelled (reference 2.5)."""

import pytest

from ec_builds.lists.grammar import literal, read_exact, split


@pytest.mark.parametrize(
    "text, values",
    [
        ("plain", ["plain"]),
        ("", [""]),
        ("two words", ["two words"]),
        ("a+b", ["a+b"]),
        ("(exact value)", ["exact value"]),
        ("(a,b)", ["a,b"]),
        ("()", [""]),
        ("((a))", ["(a)"]),
        ("(a(b)c)", ["a(b)c"]),
        ("a,b", ["a", "b"]),
        ("a,a", ["a", "a"]),
        ("a,", ["a", ""]),
        (",", ["", ""]),
        ("(a b),(c)", ["a b", "c"]),
        ("(a,b),c", ["a,b", "c"]),
        ("(a),(b,(c,d))", ["a", "b,(c,d)"]),
        ("f(x,y)", ["f(x,y)"]),
        ("f(x),y", ["f(x)", "y"]),
        ("(a)(b)", ["(a)(b)"]),
        ("a b,c d", ["a b", "c d"]),
    ],
)
def test_a_value_says_which_values_are_meant(text, values):
    assert read_exact(text) == ("any", values)


@pytest.mark.parametrize(
    "text, values",
    [
        ("(", ["("]),
        (")", [")"]),
        ("(a", ["(a"]),
        ("a)", ["a)"]),
        (")(", [")("]),
        ("(a))", ["(a))"]),
        ("(a,b", ["(a,b"]),
        ("a),b", ["a)", "b"]),
        ("a,)b", ["a", ")b"]),
        ("(a),b)", ["a", "b)"]),
        ("((a),b", ["((a),b"]),
    ],
)
def test_parentheses_without_a_partner_are_letters(text, values):
    assert read_exact(text) == ("any", values)


@pytest.mark.parametrize(
    "text, operator, values",
    [
        ("a b", "all", ["a", "b"]),
        ("a  b ", "all", ["a", "b"]),
        ("(a b) (c)", "all", ["a b", "c"]),
        ("a,b c", "any", ["a", "b c"]),
        ("(a b)", "any", ["a b"]),
        ("a", "any", ["a"]),
    ],
)
def test_a_property_with_many_values_can_be_asked_for_all_of_some(text, operator, values):
    assert read_exact(text, many=True) == (operator, values)


@pytest.mark.parametrize(
    "text, inside",
    [("(a)", "a"), ("()", ""), ("(a)(b)", None), ("(a", None), ("a)", None), ("(", None)],
)
def test_only_one_pair_around_everything_makes_a_literal(text, inside):
    assert literal(text) == inside


def test_what_is_in_parentheses_is_not_taken_apart():
    assert split("a,(b,c),d", ",") == ["a", "(b,c)", "d"]


def test_a_long_value_is_read_in_no_time():
    text = "(" * 50_000 + ",a" * 50_000

    assert read_exact(text) == ("any", [text])
