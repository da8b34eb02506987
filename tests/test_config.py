"""Settings are read once, and what is wrong with them is said in a sentence."""

from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import pytest

from ec_builds.config import Config, duration, parsed, size, unknown
from ec_builds.engine.sandbox.limits import SETTINGS, Limits
from ec_builds.errors import UsageError
from ec_builds.runtime import make_sandbox
from ec_builds.storage import open_storage


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
    "text, number",
    [
        ("1048576", 2**20),
        ("512MiB", 512 * 2**20),
        ("1.5 GiB", 1536 * 2**20),
        ("2GB", 2 * 10**9),
        ("3MB", 3 * 10**6),
    ],
)
def test_sizes_are_read_as_people_write_them(text, number):
    assert size(text) == number


def test_limits_have_the_same_names_and_defaults_everywhere():
    config = Config.from_environment({})

    limits = make_sandbox(config).limits

    assert limits == Limits()
    variables = {each.metadata["variable"] for each in fields(Config)}
    assert {setting for setting, _ in SETTINGS.values()} <= variables


@pytest.mark.parametrize(
    "variable, text",
    [
        ("LIMIT_OUTPUT", "1"),
        ("REGISTRIES", "Atlantis=registry.example.com"),
        ("REGISTRIES", "Seattle"),
        ("REGISTRIES", "Seattle=a.example.com,Seattle=b.example.com"),
        ("REGISTRIES", "Seattle=ftp://a.example.com"),
        ("REGISTRIES", "Seattle=a.example.com/Games"),
        ("REGISTRIES", "Seattle=a.example.com:99999"),
        ("REGISTRIES", "Seattle=ada:word@a.example.com"),
        ("LIMIT_OUTPUT", "lots"),
        ("LIMIT_MEMORY", "9999999TiB"),
        ("LIMIT_FILE", "-5MiB"),
        ("LIMIT_PROCESSES", "9"),
        ("LIMIT_PROCESSES", "1e3"),
        ("SANDBOX", "docker"),
        ("PUBLIC_URL", "builds.example.com"),
        ("PUBLIC_URL", "https://builds.example.com/?a=b"),
        ("PUBLIC_URL", "http://x:abc/"),
        ("PUBLIC_URL", "http://x:99999/"),
        ("PUBLIC_URL", "http://x:0/"),
        ("PUBLIC_URL", "http://x y/"),
        ("PUBLIC_URL", "http://x/a b"),
        ("PUBLIC_URL", "http://[::1"),
        ("PUBLIC_URL", "http://x/?"),
        ("HOME", "~nosuchuser/x"),
        ("DEPLOY_FOLDER", "~nosuchuser/x"),
        ("CONCURRENCY", "1001"),
        ("CONCURRENCY", "9" * 5000),
        ("BUILD_TIMEOUT", "366d"),
        ("BUILD_TIMEOUT", "9" * 500),
        ("EXECUTOR", "magic"),
        ("CONCURRENCY", "0"),
        ("CONCURRENCY", "many"),
        ("AUTH", "closed"),
        ("BUILD_TIMEOUT", "soon"),
        ("BUILD_TIMEOUT", "0"),
        ("GIT_PROTOCOLS", "ext"),
        ("GIT_PROTOCOLS", ","),
        ("CONTAINER_NETWORK", "host"),
        ("CONTAINER_NETWORK", "container:x"),
        ("PRIVATE_NETWORK", "perhaps"),
        ("JWT_JWKS_URL", "login.example.com/keys"),
        ("JWT_JWKS_URL", "file:///etc/passwd"),
        ("JWT_JWKS_URL", "https://x/keys#a"),
        ("JWT_CLAIMS", "mail"),
        ("JWT_CLAIMS", "email="),
        ("JWT_CLAIMS", "admin=role"),
        ("JWT_CLAIMS", ","),
        ("JWT_EMAILS", "some"),
        ("JWT_SKEW", "0"),
        ("JWT_SKEW", "11m"),
        ("HOSTS", "builds.example.com:80"),
        ("HOSTS", "http://builds.example.com"),
        ("HOSTS", ","),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "10.0.0.0/8 10.1.0.0/16"),
        ("TRUSTED_PROXIES", "all"),
        ("RATE_LOGINS", "0/minute"),
        ("RATE_LOGINS", "20"),
        ("RATE_LOGINS", "20/fortnight"),
        ("RATE_LOGINS", "-1/minute"),
        ("RATE_BUILDS", "none"),
        ("RATE_BUILDS", "1/second;2/day"),
        ("RATE_BUILDS", "9" * 500 + "/day"),
    ],
)
def test_what_is_wrong_is_told_with_its_name(variable, text):
    with pytest.raises(UsageError, match=f"^EC_BUILDS_{variable} should be .*“{text[:5]}"):
        Config.from_environment({f"EC_BUILDS_{variable}": text})


def test_an_identity_provider_is_read():
    config = Config.from_environment(
        {
            "EC_BUILDS_JWT_ISSUER": "https://login.example.com/",
            "EC_BUILDS_JWT_AUDIENCE": "builds, https://builds.example.com/",
            "EC_BUILDS_JWT_JWKS_URL": "https://login.example.com/keys?p=policy",
            "EC_BUILDS_JWT_CLAIMS": "email=mail, username=nickname",
            "EC_BUILDS_JWT_EMAILS": "all",
            "EC_BUILDS_JWT_SKEW": "2m",
        }
    )

    assert config.jwt_issuer == "https://login.example.com/"
    assert config.jwt_audience == ("builds", "https://builds.example.com/")
    assert config.jwt_jwks_url == "https://login.example.com/keys?p=policy"
    assert config.jwt_claims == {"email": "mail", "username": "nickname"}
    assert (config.jwt_emails, config.jwt_skew) == ("all", 120)


def test_a_secret_is_not_shown():
    config = Config.from_environment({"EC_BUILDS_JWT_KEY": "a s3cret of many bytes"})

    assert config.jwt_key == "a s3cret of many bytes"
    assert "s3cret" not in repr(config)


def test_a_secret_that_is_wrong_is_not_shown():
    each = next(each for each in fields(Config) if each.name == "jwt_key")

    def refuse(text):
        raise ValueError("another one")

    metadata = {**each.metadata, "parse": refuse}
    with pytest.raises(UsageError, match="EC_BUILDS_JWT_KEY should be another one") as raised:
        parsed(SimpleNamespace(metadata=metadata), "s3cret")

    assert "s3cret" not in str(raised.value)


def test_proxies_hosts_and_rates_are_read():
    config = Config.from_environment(
        {
            "EC_BUILDS_TRUSTED_PROXIES": "127.0.0.1, 10.1.0.0/16,2001:db8::/32, unix,forwarded",
            "EC_BUILDS_HOSTS": "Builds.example.com, .intern.example,[::1]",
            "EC_BUILDS_RATE_LOGINS": "5/2 hours",
            "EC_BUILDS_RATE_BUILDS": "off",
        }
    )

    assert [str(each) for each in config.trusted_proxies] == [
        "127.0.0.1/32", "10.1.0.0/16", "2001:db8::/32", "unix", "forwarded",
    ]
    assert config.hosts == ("builds.example.com", ".intern.example", "[::1]")
    assert (config.rate_logins.amount, config.rate_logins.get_expiry()) == (5, 7200)
    assert config.rate_builds is None


def test_a_password_is_not_repeated():
    with pytest.raises(UsageError) as raised:
        Config.from_environment({"EC_BUILDS_PUBLIC_URL": "http://me:s3c@ret@b/"})

    assert str(raised.value) == (
        "EC_BUILDS_PUBLIC_URL should be an address such as https://builds.example.com/, "
        "not “http://…@b/”."
    )


@pytest.mark.parametrize(
    "url", ["http://x", "https://x:8443/a/b/", "http://[::1]:80/", "http://bäcker.example/"]
)
def test_addresses_of_servers(url):
    config = Config.from_environment({"EC_BUILDS_PUBLIC_URL": url})

    assert config.public_url == url.rstrip("/") + "/"


@pytest.mark.parametrize(
    "url",
    [
        "", "file:", "file://", "file:relative", "file://host/p", "file:///a%00b", "file:///a?b",
        "file:///etc/passwd", "file://[::1", "s3://me:s3cret@host/",
    ],
)
def test_storages_that_are_none(url):
    with pytest.raises(UsageError, match="^EC_BUILDS_STORAGE_URL should be .*, not “") as raised:
        open_storage(url)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "text, seconds", [("90", 90), ("90s", 90), ("1.5h", 5400), ("30m", 1800), ("7d", 604800)]
)
def test_lengths_of_time_have_units(text, seconds):
    assert duration(text) == seconds


def test_settings_that_are_none_are_found():
    environ = {"EC_BUILDS_HOME": "/x", "EC_BUILDS_HOMME": "/x", "PATH": "/bin"}

    assert unknown(environ) == ["EC_BUILDS_HOMME"]
