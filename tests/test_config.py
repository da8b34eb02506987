"""Settings are read once, and what is wrong with them is said in a sentence."""

from pathlib import Path

import pytest

from ec_builds.config import Config, duration, unknown
from ec_builds.errors import UsageError


def test_everything_has_a_default(tmp_path):
    config = Config.from_environment({"EC_BUILDS_HOME": str(tmp_path)})

    assert config.home == tmp_path
    assert config.database_url == f"sqlite:///{tmp_path}/ec-builds.db"
    assert config.storage_url == f"file://{tmp_path}/storage"
    assert (config.auth, config.executor, config.private_network) == ("required", "threads", "deny")
    assert config.git_protocols == ("https", "ssh")
    assert config.build_timeout == 1800


def test_the_environment_is_read(tmp_path):
    config = Config.from_environment(
        {
            "EC_BUILDS_HOME": str(tmp_path),
            "EC_BUILDS_PUBLIC_URL": "https://builds.example.com",
            "EC_BUILDS_CONCURRENCY": "3",
            "EC_BUILDS_BUILD_TIMEOUT": "90s",
            "EC_BUILDS_GIT_PROTOCOLS": "https, file",
            "EC_BUILDS_BUILD_ENVIRONMENT": "HTTPS_PROXY,PIP_CERT",
            "EC_BUILDS_DEPLOY_FOLDER": "/srv/sites",
        }
    )

    assert config.public_url == "https://builds.example.com/"
    assert (config.concurrency, config.build_timeout) == (3, 90)
    assert config.git_protocols == ("https", "file")
    assert config.build_environment == ("HTTPS_PROXY", "PIP_CERT")
    assert config.deploy_folder == Path("/srv/sites")


@pytest.mark.parametrize(
    "variable, text",
    [
        ("PUBLIC_URL", "builds.example.com"),
        ("PUBLIC_URL", "https://builds.example.com/?a=b"),
        ("EXECUTOR", "magic"),
        ("CONCURRENCY", "0"),
        ("CONCURRENCY", "many"),
        ("AUTH", "closed"),
        ("SANDBOX", "bubblewrap"),
        ("BUILD_TIMEOUT", "soon"),
        ("BUILD_TIMEOUT", "0"),
        ("GIT_PROTOCOLS", "ext"),
        ("GIT_PROTOCOLS", ","),
        ("PRIVATE_NETWORK", "perhaps"),
    ],
)
def test_what_is_wrong_is_told_with_its_name(variable, text):
    with pytest.raises(UsageError, match=f"^EC_BUILDS_{variable} should be .*“{text[:5]}"):
        Config.from_environment({f"EC_BUILDS_{variable}": text})


@pytest.mark.parametrize(
    "text, seconds", [("90", 90), ("90s", 90), ("1.5h", 5400), ("30m", 1800), ("7d", 604800)]
)
def test_lengths_of_time_have_units(text, seconds):
    assert duration(text) == seconds


def test_settings_that_are_none_are_found():
    environ = {"EC_BUILDS_HOME": "/x", "EC_BUILDS_HOMME": "/x", "PATH": "/bin"}

    assert unknown(environ) == ["EC_BUILDS_HOMME"]
