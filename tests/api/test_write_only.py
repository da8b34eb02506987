"""Secrets of configs over HTTP: they can be given, kept and replaced, and never be read."""

import hashlib
import json

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.contract import Target as TargetPlugin
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.platform import Platform
from ec_builds.store.receipt import Receipt

TOKEN, OTHER = "swordfish-one", "swordfish-two"
SECRETS = {"NPM_TOKEN": TOKEN, "KEY": "swordfish-key"}
SCRIPT = {"commands": "true", "buildDir": "."}
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nQUJDREVG\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.fixture
def data(make_plugin):
    return make_plugin("datasource", "ownDataManager", url="https://a.example/x", token=TOKEN)


@pytest.fixture
def website(make_platform):
    return make_platform(platformType="website", config={**SCRIPT, "secrets": SECRETS})


def href(document):
    return document["_links"]["self"]["href"]


@pytest.fixture
def put(client):
    """PUTs a document back with another config, or with changes of its config."""

    def put(document, config=None, headers=None, **changes):
        config = {**document["config"], **changes} if config is None else config
        return client.put(href(document), json={**document, "config": config}, headers=headers)

    return put


def stored(row, document):
    return row.get_by_id(href(document).rpartition("=")[2]).config


def refused(answer, path):
    """Whether an answer says that a placeholder keeps nothing, and no secret."""
    assert answer.status_code == 400, answer.json
    assert (answer.json["code"], answer.json["detail"]) == (3211, path)
    assert "“***”" in answer.json["verbose"]
    assert "swordfish" not in answer.text
    return True


# --- reading


@pytest.mark.parametrize("size", [10, 0])
def test_nothing_shows_a_secret(client, data, website, size):
    assert data["config"] == {"url": "https://a.example/x", "token": "***"}
    assert website["config"]["secrets"] == {"NPM_TOKEN": "***", "KEY": "***"}

    app_id = website["_links"]["ec:app"]["href"].rpartition("=")[2]
    for address in (
        href(data), href(website), "/",
        f"/datasource?appID={app_id}&size={size}", f"/platform?appID={app_id}&size={size}",
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "swordfish" not in answer.text


def test_a_config_whose_plugin_is_gone_is_shown_without_its_values(client, runtime, make_plugin):
    data = make_plugin(
        "datasource", "ownDataManager", url="https://a.example/x", token=TOKEN, _title="Menu"
    )
    runtime.plugins.known["datasource"].pop("ownDataManager")

    shown = client.get(href(data)).json["config"]

    assert shown == {"url": "***", "token": "***", "_title": "Menu"}


def test_types_say_what_is_write_only(client):
    types = client.get("/plugintypes").json
    marked = {
        (each["type"], name)
        for array in ("codeSourceTypes", "dataSourceTypes", "platformTypes", "targetTypes")
        for each in types[array]
        for name, schema in each["configSchema"].get("properties", {}).items()
        if '"writeOnly": true' in json.dumps(schema)
    }

    assert marked == {
        ("remoteGit", "password"), ("remoteGit", "privateKey"), ("zipFile", "token"),
        ("ownDataManager", "token"), ("website", "secrets"), ("imageRegistry", "password"),
        ("imageRegistry", "token"),
    }


# --- keeping


def test_what_was_read_can_be_put_back(client, put, data, website):
    for row, document, secret in ((DataSource, data, TOKEN), (Platform, website, SECRETS)):
        before = stored(row, document)
        tag = client.get(href(document)).headers["ETag"]

        answer = put(document, headers={"If-Match": tag})

        assert answer.status_code == 200, answer.json
        assert stored(row, document) == before
        assert answer.headers["ETag"] == tag
        assert answer.json["config"] == document["config"]


def test_names_for_people_come_back_too(put, make_plugin):
    data = make_plugin(
        "datasource", "ownDataManager",
        url="https://a.example/x", token=TOKEN, _title=None, hexColor="#000000",
    )

    answer = put(data, hexColor="#ffffff", _title="Menu", _context={"a": 1})

    assert answer.status_code == 200
    assert stored(DataSource, data) == {
        "url": "https://a.example/x", "token": TOKEN, "_title": "Menu", "hexColor": "#ffffff",
    }


def test_secrets_are_replaced_added_and_removed_one_by_one(put, website):
    put(website, secrets={"NPM_TOKEN": "***", "NEW": OTHER})

    assert stored(Platform, website)["secrets"] == {"NPM_TOKEN": TOKEN, "NEW": OTHER}


def test_commands_may_change_beside_secrets(put, website):
    assert put(website, commands="npm ci").status_code == 200

    assert stored(Platform, website)["secrets"] == SECRETS


def test_the_path_may_change_beside_a_token(put, data):
    assert put(data, url="https://a.example/other?page=2").status_code == 200

    assert stored(DataSource, data)["token"] == TOKEN


# --- where a placeholder keeps nothing


def test_a_placeholder_creates_nothing(client, app, make_plugin):
    answer = client.post(
        f"/datasource?appID={app['appID']}",
        json={
            "dataSourceType": "ownDataManager",
            "config": {"url": "https://a.example/x", "token": "***"},
        },
    )

    assert refused(answer, "config/token")


def test_a_placeholder_under_a_new_name_is_refused(put, website):
    assert refused(put(website, secrets={"RENAMED": "***"}), "config/secrets/RENAMED")


def test_a_placeholder_elsewhere_is_a_word_like_any_other(put, website):
    assert put(website, environment={"STARS": "***"}).status_code == 200

    assert stored(Platform, website)["environment"] == {"STARS": "***"}


def test_a_secret_cannot_be_made_public_by_another_type(client, put, data):
    body = {**data, "dataSourceType": "stub", "config": {"data": "***"}}
    assert client.put(href(data), json=body).status_code == 200
    assert stored(DataSource, data) == {"data": "***"}

    body = {**data, "config": {"url": "https://a.example/x", "token": "***"}}
    assert refused(client.put(href(data), json=body), "config/token")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://a.example/x",
        "https://a.example:8443/x",
        "https://a.example.evil.example/x",
    ],
)
def test_a_token_does_not_move_to_another_address(put, data, url):
    assert refused(put(data, url=url), "config/token")
    assert stored(DataSource, data)["url"] == "https://a.example/x"

    assert put(data, url=url, token=OTHER).status_code == 200


CODE = [
    ("remoteGit", "giturl", "https://a.example/r", "https://b.example/r", "password", TOKEN),
    ("remoteGit", "giturl", "git@a.example:r", "git@b.example:r", "privateKey", KEY),
    ("remoteGit", "giturl", "ssh://a.example/r", "ssh://a.example:22222/r", "privateKey", KEY),
    ("zipFile", "url", "https://a.example/r.zip", "https://b.example/r.zip", "token", TOKEN),
]


@pytest.mark.parametrize("type, at, here, there, name, secret", CODE)
def test_credentials_of_code_do_not_move_either(
    put, make_plugin, type, at, here, there, name, secret
):
    code = make_plugin("codesource", type, **{at: here, name: secret})

    assert code["config"][name] == "***"
    assert put(code).status_code == 200
    assert refused(put(code, **{at: there}), f"config/{name}")
    assert stored(CodeSource, code) == {at: here, name: secret}
    assert put(code, **{at: there, name: secret}).status_code == 200


class Uploaded(TargetPlugin):
    """Says nothing of what its secrets are for."""

    type = "uploaded"
    config_schema = {
        "properties": {
            "bucket": {"type": "string"},
            "login": {"type": "object", "writeOnly": True},
            "pin": {"type": "integer", "writeOnly": True},
            "places": {
                "items": {
                    "properties": {"host": {}, "token": {"type": "string", "format": "password"}}
                }
            },
        }
    }

    def deploy(self, config, result, context):
        return "uploaded/"

    @classmethod
    def check(cls, config):
        if config.get("bucket") == "wrong":
            raise BuildError(f"Nobody can use {config['places'][0]['token']} there")


@pytest.fixture
def uploaded(runtime, make_plugin):
    runtime.plugins.add("target", Uploaded, "uploaded", "tests")
    return make_plugin(
        "target", "uploaded", bucket="b", login={"user": "u", "key": TOKEN}, pin=4711,
        places=[{"host": "one", "token": TOKEN}, {"host": "two", "token": OTHER}],
    )


def test_secrets_of_any_form_are_hidden_and_kept(put, uploaded):
    before = stored(Target, uploaded)
    assert uploaded["config"] == {
        "bucket": "b", "login": {"user": "***", "key": "***"}, "pin": "***",
        "places": [{"host": "one", "token": "***"}, {"host": "two", "token": "***"}],
    }

    assert put(uploaded).status_code == 200
    assert put(uploaded, hexColor="#000000").status_code == 200
    assert stored(Target, uploaded) == before | {"hexColor": "#000000"}


@pytest.mark.parametrize(
    "change",
    [
        {"bucket": "other"},
        {"places": [{"host": "two", "token": "***"}, {"host": "one", "token": "***"}]},
        {"places": [{"host": "evil", "token": "***"}]},
        {"places": [{"host": "one", "token": "***"}] * 3},
    ],
)
def test_a_plugin_that_says_nothing_has_its_secrets_given_again(put, uploaded, change):
    answer = put(uploaded, **change)

    assert (answer.status_code, answer.json["code"]) == (400, 3211)
    assert "swordfish" not in answer.text


def test_what_a_plugin_says_of_a_secret_is_masked(put, uploaded):
    fresh = {"places": [{"host": "one", "token": OTHER}], "login": {}, "pin": 1}

    answer = put(uploaded, bucket="wrong", **fresh)

    assert answer.json["verbose"] == "Nobody can use *** there"


@pytest.mark.parametrize(
    "wrong",
    ["swordfish two", ["swordfish"], {"swordfish-a": "swordfish"}, "swordfish" * 2000],
    ids=["blank", "list", "object", "long"],
)
def test_what_is_wrong_with_a_secret_is_told_without_it(put, data, wrong):
    answer = put(data, token=wrong)

    assert (answer.status_code, answer.json["code"]) == (400, 3211)
    assert "swordfish" not in answer.text


# --- conditions, and races


def test_the_tag_changes_with_a_secret(client, put, data):
    first = client.get(href(data)).headers["ETag"]

    second = put(data, token=OTHER).headers["ETag"]

    assert first != second == client.get(href(data)).headers["ETag"]
    assert put(data, token=TOKEN, headers={"If-Match": first}).status_code == 412
    assert put(data, token=TOKEN, headers={"If-Match": second}).status_code == 200


def test_a_kept_secret_is_the_one_of_this_moment(runtime, data):
    """Somebody replaces it after the document was read; what is kept is the new one."""
    caller = runtime.operator()
    read = runtime.datasources.get(caller, href(data).rpartition("=")[2])
    url = {"url": "https://a.example/x"}
    edit = runtime.datasources.edit
    edit(caller, read, lambda thing: None, "ownDataManager", {**url, "token": OTHER})

    edit(caller, read, lambda thing: None, "ownDataManager", {**url, "token": "***"})

    assert stored(DataSource, data)["token"] == OTHER


def test_a_request_that_came_twice_leaves_no_trace_of_its_secret(client, app, runtime):
    """Who finds the receipt cannot try out which short secret was in the request."""
    body = json.dumps(
        {
            "dataSourceType": "ownDataManager",
            "config": {"url": "https://a.example/x", "token": "1234"},
        }
    ).encode()
    post = {
        "data": body, "content_type": "application/json", "headers": {"Idempotency-Key": "a"},
    }
    first = client.post(f"/datasource?appID={app['appID']}", **post)
    again = client.post(f"/datasource?appID={app['appID']}", **post)
    assert first.json == again.json

    whole = repr(("POST", "/datasource", [("appID", app["appID"])])).encode() + body
    assert Receipt.get().request != hashlib.sha256(whole).hexdigest()
