"""`ec-builds keys`: ids and numbers, never keys, but for the new one that was asked for."""

import json
import re

import pytest


@pytest.fixture
def file(home):
    return home / "encryption-key"


def test_ids_are_shown_and_no_key(call, file):
    done = call("keys", "show", "--json")

    (key,) = json.loads(done.stdout)["keys"]
    assert (key["configs"], key["seals"]) == (0, True)
    assert json.loads(done.stdout)["notSealed"] == 0
    assert call("keys", "show").stdout == f"{key['id']}  seals  0 configs\n"
    assert file.read_text().strip() not in done.output


def test_keys_are_rotated(call, file):
    old_id = json.loads(call("keys", "show", "--json").stdout)["keys"][0]["id"]
    old = file.read_text().strip()

    done = call("keys", "rotate")

    assert done.exit_code == 0
    assert f"{old_id} dropped" in done.stdout and f"it is kept in {file}.old." in done.stdout
    new = file.read_text().strip()
    assert new != old and not {new, old} & set(re.findall("[0-9a-f]{64}", done.output))
    again = json.loads(call("keys", "rotate", "--json").stdout)
    assert (again["sealed"], again["failed"], len(again["dropped"])) == (0, 0, 1)
    assert again["kept"] == f"{file}.old"
    assert file.with_suffix(".old").read_text().split() == [old, new]


def test_keys_of_the_environment_are_made_and_not_rotated_alone(call, file):
    new = call("keys", "new").stdout.strip()
    assert re.fullmatch("[0-9a-f]{64}", new)
    assert new != call("keys", "new").stdout.strip()

    done = call("keys", "rotate", EC_BUILDS_ENCRYPTION_KEY=new)

    assert done.exit_code == 2
    assert "Put a second one behind it" in done.stderr
    assert not file.exists()


@pytest.mark.parametrize("text", ["swordfish", "ab" * 31, ","])
def test_a_key_that_is_none_is_not_quoted(call, text):
    done = call("keys", "show", EC_BUILDS_ENCRYPTION_KEY=text)

    assert done.exit_code == 2
    assert "EC_BUILDS_ENCRYPTION_KEY should be keys of 64 hexadecimal digits" in done.stderr
    assert text == "," or text not in done.output


def test_builds_are_not_given_the_key(call):
    done = call("migrate", EC_BUILDS_BUILD_ENVIRONMENT="PATH,EC_BUILDS_ENCRYPTION_KEY")

    assert done.exit_code == 2
    assert "other than EC_BUILDS_ENCRYPTION_KEY" in done.stderr
