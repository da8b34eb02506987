"""What git is told, so that it asks nobody else."""

import dataclasses

import pytest

from ec_builds.plugins.codesources.git import Git, certificates
from ec_builds.plugins.codesources.repository import Repository


@pytest.fixture
def told(context):
    """The environment and the settings of git for an address."""

    def tell(giturl):
        network = context.network
        git = Git(Repository.at(giturl, network.git_protocols), "tree", "store", context)
        count = int(git.environment["GIT_CONFIG_COUNT"])
        settings = {
            git.environment[f"GIT_CONFIG_KEY_{each}"]: git.environment[f"GIT_CONFIG_VALUE_{each}"]
            for each in range(count)
        }
        return git, settings

    return tell


def test_only_the_protocol_of_the_address_is_allowed(told):
    git, settings = told("https://git.example/a")

    assert git.environment["GIT_ALLOW_PROTOCOL"] == "https"
    assert settings["http.curloptResolve"] == "git.example:443:127.0.0.1"
    assert settings["http.followRedirects"] == "false"
    assert settings["core.hooksPath"] == "/dev/null"
    assert settings["core.fsmonitor"] == "false"
    assert settings["credential.helper"] == ""


def test_nobody_is_asked_and_nothing_is_read(told):
    git, _ = told("https://git.example/a")

    assert git.environment["GIT_TERMINAL_PROMPT"] == "0"
    assert git.environment["GIT_CONFIG_NOSYSTEM"] == "1"
    assert git.environment["GIT_CONFIG_GLOBAL"] == "/dev/null"
    assert git.environment["GIT_ASKPASS"] == ""


def test_all_checked_addresses_are_pinned_with_their_port(told, context):
    context.network = dataclasses.replace(
        context.network, lookup=lambda host: ["2a00::1", "192.0.2.1"]
    )

    _, settings = told("http://git.example:8080/a")

    assert settings["http.curloptResolve"] == "git.example:8080:[2a00::1],192.0.2.1"


def test_an_address_needs_no_pin(told):
    _, settings = told("https://127.0.0.1/a")

    assert "http.curloptResolve" not in settings


@pytest.mark.parametrize(
    "environment, told",
    [
        ({}, {}),
        ({"SSL_CERT_FILE": "/a"}, {"GIT_SSL_CAINFO": "/a"}),
        ({"SSL_CERT_FILE": "/a", "GIT_SSL_CAINFO": "/b"}, {"GIT_SSL_CAINFO": "/b"}),
        ({"SSL_CERT_DIR": "/c", "SSL_CERT_FILE": ""}, {"GIT_SSL_CAPATH": "/c"}),
    ],
)
def test_git_believes_in_the_certificates_of_the_server(environment, told):
    assert certificates(environment) == told
