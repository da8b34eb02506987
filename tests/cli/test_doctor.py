"""`ec-builds doctor`: it looks, and leaves everything as it is."""

import json
import os
import stat
from pathlib import Path

import pytest

from ec_builds import __version__
from ec_builds.auth.secrets import write_encryption_keys
from ec_builds.cli.findings import newest_version, plain_keys
from ec_builds.config import Config
from ec_builds.engine.sandbox import cgroups
from ec_builds.engine.sandbox.cgroups import Controller
from ec_builds.engine.sandbox import identities
from ec_builds.plugins.builders.buildah import Buildah, Podman
from ec_builds.plugins.builders.docker import Docker
from ec_builds.plugins.drivers.os import Os
from ec_builds.runtime import prepare
from ec_builds.store.app import App
from ec_builds.store.configured import Target
from ec_builds.store.database import database
from ec_builds.store.litter import Litter
from ec_builds.store.migrations import versions
from tests import registries
from tests.issuing import issuing


@pytest.fixture
def findings(call):
    """The findings by what was looked at, and the exit code."""

    def findings(**settings):
        result = call("doctor", "--json", **settings)
        told = json.loads(result.stdout)
        assert told["usable"] is (result.exit_code == 0)
        return {each["check"]: each for each in told["findings"]}, result.exit_code

    return findings


@pytest.fixture
def git(tmp_path):
    """A maker of folders with a git of some version, for the PATH."""

    def git(version):
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "git"
        program.write_text(f"#!/bin/sh\necho git version {version}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return str(folder)

    return git


def test_a_machine_where_nothing_has_started_yet_is_fine(call, home):
    result = call("doctor")

    assert result.exit_code == 0, result.output
    assert f"✓ version    ec-builds {__version__}" in result.stdout
    assert f"✓ home       {home} will be made at the first start" in result.stdout
    assert f"✓ database   sqlite://{home}/ec-builds.db will be made" in result.stdout
    assert "✓ sandbox    bubblewrap" in result.stdout


def test_nothing_is_made(call, home, tmp_path):
    call("doctor")
    call("doctor", EC_BUILDS_DATABASE_URL=f"sqlite://{tmp_path}/db/builds.db")

    assert list(tmp_path.iterdir()) == []


def test_tables_that_are_up_to_date_are_fine(findings, config):
    prepare(config)
    settings = {
        "EC_BUILDS_HOME": str(config.home),
        "EC_BUILDS_DATABASE_URL": config.database_url,
        "EC_BUILDS_STORAGE_URL": f"file://{config.home}",
    }

    found, code = findings(**settings)

    assert code == 0
    assert found["database"]["state"] == "ok"
    assert f"its tables are at version {newest_version()}" in found["database"]["says"]
    assert found["home"]["says"] == f"{config.home} can be written to"
    assert found["storage"]["says"] == f"{config.home} can be written to"


def test_a_storage_that_is_away_is_told(findings, config):
    settings = {
        "EC_BUILDS_HOME": str(config.home), "EC_BUILDS_DATABASE_URL": config.database_url,
    }
    prepare(config)
    assert findings(**settings)[0]["storage"]["says"].endswith("will be made at the first start")
    Litter.drop("builds/1")

    found, code = findings(**settings)

    assert code == 1
    assert found["storage"]["says"] == f"{config.home}/storage: its folder is not there"
    (config.home / "storage/.new").mkdir(parents=True)
    found, code = findings(**settings)
    assert (code, found["storage"]["state"]) == (0, "ok")


@pytest.mark.parametrize("lost", ["missing", "another", "broken", "environment"])
def test_a_key_that_is_lost_is_told(findings, home, lost):
    prepare(Config.from_environment({}, home=home))
    Target.create(app=App.make("Bakery", "#d97706"), type="folder", config={"token": "s3cret"})
    file, other = home / "encryption-key", "ab" * 32
    whole, code = findings()
    assert (code, whole["sealing"]["state"]) == (0, "ok")
    assert whole["sealing"]["says"] == f"{file} opens all that is sealed; configs: 1"
    file.unlink()
    if lost == "another":
        write_encryption_keys(home, [other])
    if lost == "broken":
        file.write_text("Dear diary")
    before = sorted(path.name for path in home.iterdir())

    found, code = findings(**{"EC_BUILDS_ENCRYPTION_KEY": other} if lost == "environment" else {})

    assert (code, found["sealing"]["state"]) == (1, "bad")
    told = f"{file} should hold" if lost == "broken" else "1 configs are sealed with the key"
    assert told in found["sealing"]["says"]
    assert other not in str(found) and "diary" not in str(found)
    assert sorted(path.name for path in home.iterdir()) == before


def test_a_key_that_is_not_needed_yet_will_be_made(findings, home):
    found, code = findings()

    assert (code, found["sealing"]["state"]) == (0, "ok")
    says = f"a key will be made in {home}/encryption-key at the first start"
    assert found["sealing"]["says"] == says


def test_tables_that_are_too_new_are_not_usable(findings, home):
    prepare(Config.from_environment({}, home=home))
    with database.connection_context():
        database.execute_sql("INSERT INTO migration (id, run) VALUES (9999, 'later')")

    found, code = findings()

    assert code == 1
    assert "are at version 9999, this release knows" in found["database"]["says"]


def test_an_empty_postgresql_is_not_migrated(findings, postgresql):
    found, code = findings(EC_BUILDS_DATABASE_URL=postgresql)
    again, _ = findings(EC_BUILDS_DATABASE_URL=postgresql)

    assert code == 0
    assert found["database"] == again["database"]
    assert found["database"]["state"] == "warn"
    assert f"at version 0 of {newest_version()}" in found["database"]["says"]
    assert found["database"]["advice"] == "ec-builds migrate brings them up to date"


def test_the_newest_version_is_that_of_the_migrations():
    assert newest_version() == versions()[-1][0]


@pytest.mark.parametrize(
    "url, told",
    [
        ("postgresql://me:s3cret@127.0.0.1:1/db", "refused"),
        ("postgresql://me:s3%zz@127.0.0.1/db", "cannot be read"),
        ("postgresql://me:s3@cret@[::1/db", "postgresql: EC_BUILDS_DATABASE_URL is no"),
        ("postgresql://127.0.0.1:1/db?password=s3cret", "refused"),
        ("mysql://me:s3cret@127.0.0.1/db", "should begin with"),
        ("sqlite:///", "/ is none"),
        ("sqlite:///tmp", "/tmp is none"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(findings, url, told):
    found, code = findings(EC_BUILDS_DATABASE_URL=url)

    assert code == 1
    assert found["database"]["state"] == "bad"
    assert told in found["database"]["says"]
    assert "s3" not in str(found) and "cret" not in str(found)


def test_a_file_that_is_no_database_is_told(findings, tmp_path):
    (tmp_path / "a.db").write_text("Dear diary")

    found, code = findings(EC_BUILDS_DATABASE_URL=f"sqlite://{tmp_path}/a.db")

    assert code == 1
    assert "is no SQLite database" in found["database"]["says"]


def test_a_home_that_cannot_be_one_is_told(findings, tmp_path):
    (tmp_path / "file").touch()

    found, code = findings(EC_BUILDS_HOME=f"{tmp_path}/file/home")

    assert code == 1
    for check in ("home", "database", "storage"):
        assert found[check]["state"] == "bad"
        assert f"{tmp_path}/file is not a folder" in found[check]["says"]


def test_a_folder_that_cannot_be_written_to_is_told(findings, home, monkeypatch):
    home.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the superuser may do all

    found, code = findings()

    assert code == 1
    assert found["home"]["says"] == f"{home}: {home} cannot be written to"


def test_a_storage_that_is_unknown_is_told(findings):
    found, code = findings(EC_BUILDS_STORAGE_URL="ftp://example.com/")

    assert code == 1
    assert "EC_BUILDS_STORAGE_URL should be" in found["storage"]["says"]


def test_git_that_is_missing_is_told(findings, tmp_path):
    found, code = findings(PATH=str(tmp_path))

    assert code == 1
    assert found["git"]["says"].startswith("not found")


def test_git_that_is_too_old_for_http_is_told(findings, git):
    found, code = findings(PATH=git("2.30.1"))

    assert code == 1
    assert found["git"]["says"] == "2.30.1, may use https, ssh; too old for http and https"
    assert found["git"]["advice"] == "install git 2.37 or newer"


def test_an_older_git_is_good_enough_for_ssh(findings, git):
    found, code = findings(PATH=git("2.30.1"), EC_BUILDS_GIT_PROTOCOLS="ssh")

    assert (code, found["git"]["state"]) == (0, "ok")


def test_the_sandbox_is_told(findings):
    found, code = findings(EC_BUILDS_SANDBOX="process")

    assert (code, found["sandbox"]["state"]) == (0, "warn")
    assert "not fenced in, because EC_BUILDS_SANDBOX is process" in found["sandbox"]["says"]


@pytest.mark.parametrize(
    "uid, state, told",
    [
        (0, "warn", "root: builds can read what root alone may read below /usr"),
        (65534, "ok", "nobody, who is not root"),
        (2**31 - 7, "ok", "user 2147483641, who is not root"),
    ],
)
def test_the_user_is_told(findings, monkeypatch, uid, state, told):
    monkeypatch.setattr(os, "geteuid", lambda: uid)

    found, code = findings()

    assert (code, found["user"]["state"]) == (0, state)
    assert found["user"]["says"].startswith(told)
    assert (found["user"]["advice"] is None) is (state == "ok")


def test_the_limits_are_told(findings):
    found, _ = findings(EC_BUILDS_LIMIT_MEMORY="700MiB", EC_BUILDS_LIMIT_PROCESSES="1234")

    assert found["limits"]["says"] == (
        "a run may use 256 MiB of output, 10 GiB for all files of its workspace, "
        "700 MiB of memory, 1,234 processes, 4 GiB for one file; EC_BUILDS_LIMIT_… changes them"
    )


@pytest.mark.parametrize(
    "usable, state, told",
    [(True, "ok", "the kernel keeps runs to"), (False, "warn", "are looked at ten times a second")],
)
def test_it_is_told_whether_control_groups_work(findings, monkeypatch, usable, state, told):
    usable = [Controller("memory", Path("/nowhere"), (), ("", ""))] if usable else ()
    monkeypatch.setattr(cgroups, "find", lambda: usable)

    found, code = findings()

    assert (code, found["groups"]["state"]) == (0, state)
    assert told in found["groups"]["says"]


def test_a_machine_without_bubblewrap_is_told_what_to_install(findings, git):
    found, code = findings(PATH=git("2.40"))
    required, bad = findings(PATH=os.environ["PATH"], EC_BUILDS_SANDBOX="bubblewrap")

    assert (code, found["sandbox"]["state"]) == (0, "warn")
    assert "because bubblewrap is not installed" in found["sandbox"]["says"]
    assert found["sandbox"]["advice"] == "apt install bubblewrap"
    assert (bad, required["sandbox"]["state"]) == (0, "ok")


def test_a_sandbox_that_is_required_and_missing_is_bad(findings, git):
    found, code = findings(PATH=git("2.40"), EC_BUILDS_SANDBOX="bubblewrap")

    assert (code, found["sandbox"]["state"]) == (1, "bad")
    told = "EC_BUILDS_SANDBOX is bubblewrap, but bubblewrap is not installed."
    assert found["sandbox"]["says"] == told


def test_variables_that_are_no_settings_are_told(call):
    result = call("doctor", EC_BUILDS_HOMME="/srv", EC_BUILDS_TOKEN="mine")

    assert result.exit_code == 0
    assert "! settings   EC_BUILDS_HOMME is no setting of ours" in result.stdout
    assert "EC_BUILDS_TOKEN" not in result.stdout


@pytest.mark.parametrize(
    "executor, state, told",
    [
        ("threads", "ok", "threads, 3 at a time per process"),
        ("none", "ok", "none: builds wait until an ec-builds worker runs"),
        ("inline", "warn", "inline: requests wait for builds"),
    ],
)
def test_the_executor_is_told(findings, executor, state, told):
    found, _ = findings(EC_BUILDS_EXECUTOR=executor, EC_BUILDS_CONCURRENCY="3")

    assert (found["executor"]["state"], found["executor"]["says"]) == (state, told)


def test_a_home_that_others_may_read_is_told(findings, call, home):
    home.mkdir(mode=0o755)

    found, code = findings()

    assert (code, found["rights"]["state"]) == (0, "warn")
    assert found["rights"]["advice"] == f"chmod 700 {home}"


def test_a_folder_for_deployments_that_is_missing_is_told(findings, tmp_path):
    found, code = findings(EC_BUILDS_DEPLOY_FOLDER=f"{tmp_path}/nowhere")

    assert (code, found["deploy"]["state"]) == (0, "warn")
    assert found["deploy"]["says"] == f"{tmp_path}/nowhere is not a folder"


def test_a_database_that_is_broken_is_told(findings, tmp_path):
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0" + b"diary" * 4000)

    found, code = findings(EC_BUILDS_DATABASE_URL=f"sqlite://{tmp_path}/a.db")

    assert (code, found["database"]["state"]) == (1, "bad")


def test_an_installation_without_sql_files_is_told(findings, home, monkeypatch, tmp_path):
    prepare(Config.from_environment({}, home=home))
    monkeypatch.setattr("ec_builds.cli.findings.files", lambda name: tmp_path)

    found, code = findings()

    assert (code, found["database"]["state"]) == (1, "bad")
    assert "lacks its SQL files" in found["database"]["says"]


def test_a_provider_whose_keys_can_be_fetched_is_fine(findings):
    with issuing() as issuer:
        found, code = findings(EC_BUILDS_JWT_ISSUER=issuer.issuer)

    assert (code, found["issuer"]["state"]) == (0, "ok")
    assert found["issuer"]["says"] == f"{issuer.issuer}: keys that can be used: 1"


def test_a_provider_that_is_away_is_told(findings):
    with issuing() as issuer:
        pass

    found, code = findings(EC_BUILDS_JWT_ISSUER=issuer.issuer)

    assert (code, found["issuer"]["state"]) == (0, "warn")
    assert issuer.issuer in found["issuer"]["says"]


def test_a_provider_that_makes_no_sense_is_told_without_its_key(findings):
    found, code = findings(EC_BUILDS_JWT_ISSUER="bakery", EC_BUILDS_JWT_KEY="s3cret")

    assert (code, found["issuer"]["state"]) == (1, "bad")
    assert "32 bytes" in found["issuer"]["says"] and "s3cret" not in str(found)


def test_nobody_has_to_have_a_provider(findings):
    found, code = findings()

    assert (code, found["issuer"]["state"]) == (0, "ok")


@pytest.mark.parametrize(
    "settings, is_warned",
    [
        ({"JWT_ISSUER": "http://login.example.com"}, True),
        ({"JWT_ISSUER": "https://x", "JWT_JWKS_URL": "http://login.example.com/keys"}, True),
        ({"JWT_ISSUER": "https://login.example.com"}, False),
        ({"JWT_ISSUER": "http://login.example.com", "JWT_KEY": "x" * 32}, False),
        ({"JWT_ISSUER": "http://localhost:8080"}, False),
    ],
)
def test_keys_that_come_by_http_are_a_risk(settings, is_warned):
    config = Config.from_environment({f"EC_BUILDS_{name}": text for name, text in settings.items()})

    assert [each.state for each in plain_keys(config)] == ["warn"] * is_warned


def test_drivers_are_tried(findings, monkeypatch):
    monkeypatch.setattr(Os, "missing", classmethod(lambda cls, settings: "it is on strike"))

    found, code = findings(EC_BUILDS_DRIVERS="os")

    assert (found["drivers"]["state"], code) == ("warn", 0)
    assert found["drivers"]["says"] == "os: it is on strike"


def test_a_driver_that_is_not_there_is_named(findings):
    found, code = findings(EC_BUILDS_DRIVERS="bicycle")

    assert (found["drivers"]["state"], code) == ("warn", 0)
    assert "there is no driver “bicycle”" in found["drivers"]["says"]
    assert "os" in found["drivers"]["advice"]


@pytest.mark.parametrize("uid, told", [(0, "is user 1879048192"), (4711, "is the server's user")])
def test_who_is_root_while_images_are_built_is_told(findings, monkeypatch, uid, told):
    monkeypatch.setattr(Buildah, "missing", classmethod(lambda cls: None))
    monkeypatch.setattr(identities.os, "geteuid", lambda: uid)
    monkeypatch.setattr(identities, "lent", lambda kind: (100000, 65536))

    found, code = findings(EC_BUILDS_IMAGE_BUILDER="buildah", EC_BUILDS_SANDBOX="auto")

    assert found["images"]["says"].startswith("buildah builds images; ")
    assert told in found["images"]["says"] or "bubblewrap" in found["sandbox"]["advice"]


@pytest.mark.parametrize("settings, state", [({}, "ok"), ({"IMAGE_BUILDER": "docker"}, "warn")])
def test_that_nothing_builds_images_is_told_to_whoever_wants_some(
    findings, monkeypatch, settings, state
):
    for each in (Buildah, Podman, Docker):
        monkeypatch.setattr(each, "missing", classmethod(lambda cls: "on strike"))

    found, code = findings(**{f"EC_BUILDS_{name}": value for name, value in settings.items()})

    assert (found["images"]["state"], code) == (state, 0)
    assert "docker: on strike" in found["images"]["says"]


def test_without_registries_nobody_is_blamed(findings):
    found, code = findings()

    assert (found["registries"]["state"], code) == ("ok", 0)
    assert "EC_BUILDS_REGISTRIES names some" in found["registries"]["says"]


@pytest.mark.registry
@pytest.mark.parametrize(
    "password, state, told",
    [
        (registries.PASSWORD, "ok", "Seattle: {host} answers, and lets the server in"),
        ("swordfish", "warn", "Seattle: The registry “{host}” does not accept the credential"),
        (None, "warn", "Seattle: The registry “{host}” wants a credential, and none was given"),
    ],
)
def test_registries_are_asked_with_their_logins(findings, tmp_path, password, state, told):
    file = tmp_path / "logins.json"
    with registries.registry(tmp_path / "registry", has_login=True) as stand:
        login = {"username": registries.USER, "password": password}
        file.write_text(json.dumps({"auths": {stand.host: login} if password else {}}))
        found, code = findings(
            EC_BUILDS_REGISTRIES=f"Seattle={stand.host}", EC_BUILDS_REGISTRY_LOGINS=str(file)
        )

    assert (found["registries"]["state"], code) == (state, 0)
    assert found["registries"]["says"].startswith(told.format(host=stand.host))
    assert not password or password not in str(found)


@pytest.mark.parametrize("logins, told", [("{}", "cannot be used"), ("[", "is not one of logins")])
def test_a_registry_that_cannot_be_asked_is_told(findings, tmp_path, logins, told):
    (tmp_path / "logins.json").write_text(logins)

    found, code = findings(
        EC_BUILDS_REGISTRIES="Seattle=127.0.0.1:1",
        EC_BUILDS_REGISTRY_LOGINS=str(tmp_path / "logins.json"),
    )

    assert (found["registries"]["state"], code) == ("warn", 0)
    assert told in found["registries"]["says"]
