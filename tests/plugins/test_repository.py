"""Addresses of git repositories, taken apart."""

import re

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.codesources.remote_git import RemoteGit
from ec_builds.plugins.codesources.repository import Repository

ALL = ("https", "ssh", "http", "git", "file", "ext", "fd", "ftp")


@pytest.mark.parametrize(
    "giturl, url",
    [
        ("https://example.com/a/b.git", None),
        ("HTTPS://Example.COM./a/b.git", "https://example.com/a/b.git"),
        ("https://example.com:8443/a", None),
        ("https://münchen.example/a", "https://xn--mnchen-3ya.example/a"),
        ("https://8.8.8.8/a", None),
        ("https://[2A00::1]:8443/a", "https://[2a00::1]:8443/a"),
        ("ssh://git@example.com/a", None),
        ("ssh://git@example.com:2222/~me/a", None),
        ("ssh://example.com/a", None),
        ("git@example.com:a/b.git", None),
        ("example.com:a/b.git", None),
        ("git@[2a00::1]:a", None),
        ("git://example.com/a", None),
        ("http://example.com/a%20b", None),
        ("file:///srv/a.git", None),
        ("file://localhost/srv/a.git", "file:///srv/a.git"),
    ],
)
def test_an_address_is_put_together_again(giturl, url):
    assert Repository.at(giturl, ALL).url == (url or giturl)


@pytest.mark.parametrize(
    "giturl, words",
    [
        ("ext::sh -c 'touch /tmp/x'", "not an address"),
        ("ext::sh", "not an address"),
        ("ext://sh", "The protocol ext is not allowed"),
        ("fd::17/x", "not an address"),
        ("ftp://example.com/a", "The protocol ftp is not allowed"),
        ("/srv/a.git", "not an address"),
        ("../a.git", "not an address"),
        ("-oProxyCommand=x:a", "names no valid host"),
        ("--upload-pack=touch", "not an address"),
        ("ssh://-oProxyCommand=touch/a", "names no valid host"),
        ("ssh://git@-oProxyCommand=touch/a", "names no valid host"),
        ("ssh://-l@example.com/a", "is not a valid name"),
        ("-l@example.com:a", "is not a valid name"),
        ("git@example.com:-a", "does not belong"),
        ("ssh://example.com/-a", "does not belong"),
        ("https://user:word@example.com/a", "must not contain a user or a password"),
        ("https://token@example.com/a", "must not contain a user or a password"),
        ("http://token@example.com/a", "must not contain a user or a password"),
        ("git://token@example.com/a", "must not contain a user or a password"),
        ("ssh://git:word@example.com/a", "must not contain a user or a password"),
        ("https://example.com/a?private_token=word", "does not belong"),
        ("https://example.com/a#word", "does not belong"),
        ("https://example.com\\@127.0.0.1/a", "user or a password"),
        ("https://127.1/a", "names no valid host"),
        ("https://0x7f.1/a", "names no valid host"),
        ("https://[::1%25lo]/a", "names no valid host"),
        ("https://[2a00:1450::1%lo]/a", "names no valid host"),
        ("git@[fe80::1%lo]:a", "names no valid host"),
        ("https://2130706433/a", "names no valid host"),
        ("https://exa mple.com/a", "names no valid host"),
        ("https://example.com/a b", "does not belong"),
        ("https://example.com/a%0ahost=x", "does not belong"),
        ("https://example.com/a\nb", "control characters"),
        ("git://example.com\n/a", "control characters"),
        ("https://example.com:0/a", "port"),
        ("https://example.com:x/a", "port"),
        ("https://example.com:99999/a", "port"),
        ("https://example.com", "names no repository"),
        ("https://example.com/", "names no repository"),
        ("https:///a", "names no valid host"),
        ("file://example.com/a", "names no host"),
        ("", "not an address"),
    ],
)
def test_what_is_no_address_of_a_repository_is_refused(giturl, words):
    with pytest.raises(BuildError, match=words) as refused:
        Repository.at(giturl, ALL)
    assert "word@" not in f"{refused.value} {refused.value.info}"


@pytest.mark.parametrize(
    "giturl",
    ["http://example.com/a", "git://example.com/a", "file:///srv/a", "file:///etc"],
)
def test_only_https_and_ssh_are_allowed_at_first(giturl):
    with pytest.raises(BuildError, match="is not allowed .* only https, ssh; ") as refused:
        Repository.at(giturl, ("https", "ssh"))
    assert refused.value.info["protocol"] == giturl.partition(":")[0]


@pytest.mark.parametrize("giturl", ["git@example.com:a", "ssh://git@example.com/a"])
def test_both_forms_of_ssh_need_ssh_to_be_allowed(giturl):
    with pytest.raises(BuildError, match="ssh is not allowed"):
        Repository.at(giturl, ("https",))


def test_the_schema_keeps_options_and_credentials_out():
    pattern = RemoteGit.config_schema["properties"]["giturl"]["pattern"]

    assert re.search(pattern, "https://example.com/a@b")
    assert re.search(pattern, "git@example.com:a")
    for giturl in ("-x", "--upload-pack=x", "https://a:b@example.com/c", "a b", ""):
        assert not re.search(pattern, giturl)
