"""How values in a query string are read, by the kind of their property."""

import pytest

from ec_builds.lists.kinds import read_integer, read_time, read_uuid

APP = "7b1d6a52-3c0e-4f7a-9d21-0c5e8a4b1f63"


@pytest.mark.parametrize("text", [APP, APP.upper()])
def test_a_uuid_is_kept_in_lower_case(text):
    assert read_uuid(text) == APP


@pytest.mark.parametrize(
    "text",
    [
        "", "nonsense", APP[:-1], f"{APP}0", APP.replace("-", ""), f"{{{APP}}}",
        f"{APP}\n", f" {APP}",
    ],
)
def test_what_is_no_uuid_is_refused(text):
    with pytest.raises(ValueError, match="a UUID such as"):
        read_uuid(text)


@pytest.mark.parametrize("text, number", [("7", 7), ("007", 7), ("2147483647", 2147483647)])
def test_a_number_is_plain_digits(text, number):
    assert read_integer(text) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1e3", "1_0", " 1", "١", "2147483648", "9" * 5000]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="a whole number up to 2147483647"):
        read_integer(text)


@pytest.mark.parametrize(
    "text, stored",
    [
        ("2024-05-02T08:15:02.114Z", "2024-05-02T08:15:02.114Z"),
        ("2024-05-02T08:15:02Z", "2024-05-02T08:15:02.000Z"),
        ("2024-05-02T10:15:02.114+02:00", "2024-05-02T08:15:02.114Z"),
        ("2024-05-02T00:15:00.000-11:30", "2024-05-02T11:45:00.000Z"),
        ("2024-05-02T08:15:02.114", "2024-05-02T08:15:02.114Z"),
        ("2024-05-02 08:15:02", "2024-05-02T08:15:02.000Z"),
        ("2024-05-02", "2024-05-02T00:00:00.000Z"),
        ("0999-01-01", "0999-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_moment_takes_the_form_in_which_moments_are_stored(text, stored):
    assert read_time(text) == stored


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2024-13-01", "2024-05-02T25:00:00Z", "1714637702",
     "0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-02:00"],
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match="a date and time such as"):
        read_time(text)
