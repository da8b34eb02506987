"""Names of images are read as people and their tools write them."""

import pytest

from ec_builds.oci import ImageError, Reference

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    "image, registry, whole",
    [
        ("nginx", None, "docker.io/library/nginx:latest"),
        ("team/server:7", None, "docker.io/team/server:7"),
        ("docker.io/nginx:1", None, "docker.io/library/nginx:1"),
        ("index.docker.io/nginx:1", None, "docker.io/library/nginx:1"),
        ("localhost/img", None, "docker.io/localhost/img:latest"),
        ("localhost:5000/img", None, "localhost:5000/img:latest"),
        ("ghcr.io/team/server:7", None, "ghcr.io/team/server:7"),
        ("GHCR.io/team/server:7", None, "ghcr.io/team/server:7"),
        ("[::1]:5000/img:2", None, "[::1]:5000/img:2"),
        (" team/server ", "", "docker.io/team/server:latest"),
        (f"team/server@{DIGEST}", None, f"docker.io/team/server@{DIGEST}"),
        (f"r.example.com/a:7@{DIGEST}", None, f"r.example.com/a:7@{DIGEST}"),
        ("server:7", "r.example.com:5000", "r.example.com:5000/server:7"),
        ("server:7", "https://r.example.com/", "r.example.com/server:7"),
        ("server:7", "HTTPS://r.example.com", "r.example.com/server:7"),
        ("server:7", "https://index.docker.io/v1/", "docker.io/library/server:7"),
        ("server:7", "r.example.com/v2", "r.example.com/server:7"),
        ("r.example.com:5000/server:7", "r.example.com:5000", "r.example.com:5000/server:7"),
        ("R.example.com/server:7", "https://r.example.com/", "r.example.com/server:7"),
        ("localhost/img", "localhost", "localhost/img:latest"),
        ("other.example.com/a", "r.example.com", "r.example.com/other.example.com/a:latest"),
        ("t/a-b_c__d.e/f---g", None, "docker.io/t/a-b_c__d.e/f---g:latest"),
    ],
)
def test_a_name_is_read(image, registry, whole):
    assert str(Reference.read(image, registry)) == whole


@pytest.mark.parametrize(
    "image, registry, is_plain",
    [
        ("localhost:5000/img", None, True),
        ("127.0.0.1:5000/img", None, True),
        ("img", "[::1]:5000", True),
        ("img", "https://localhost:5000", False),
        ("img", "http://r.example.com", True),
        ("r.example.com/img", None, False),
        ("127.0.0.1.example.com/img", None, False),
        ("img", None, False),
    ],
)
def test_only_this_machine_is_asked_without_tls_unless_that_is_said(image, registry, is_plain):
    assert Reference.read(image, registry).is_plain is is_plain


@pytest.mark.parametrize(
    "image, registry",
    [
        ("", None),
        ("/", None),
        (":7", None),
        ("server:", None),
        ("server@", None),
        ("Server", None),
        ("a//b", None),
        ("a/../b", None),
        ("../../v2/x", "r.example.com"),
        ("a/./b", None),
        ("server:a/b", None),
        ("server:" + "7" * 129, None),
        ("server:7?x=1", None),
        ("server#7", None),
        ("ser ver", None),
        ("server\n", "r.example.com\r\nX-A: b"),
        ("server\u0661", None),
        ("server:\u0661", None),
        ("server@sha256:abc", None),
        ("server@md5:" + "0" * 32, None),
        ("server@" + DIGEST.upper(), None),
        ("https://r.example.com/server", None),
        ("docker://r.example.com/server", None),
        ("ada:lovelace@r.example.com/server", None),
        ("server", "ada:lovelace@r.example.com"),
        ("server", "r.example.com/team"),
        ("server", "ftp://r.example.com"),
        ("server", "r.example.com:99999"),
        ("server", "r.example.com:0"),
        ("server", "r..example.com"),
        ("server", "r.example.com?x"),
        ("server", "//"),
        ("server", "https://"),
        ("a" * 256, None),
        ("a" * 100_000, None),
        ("a-" * 400, None),
        ("server", "a" * 100_000),
    ],
)
def test_what_is_no_name_is_refused_in_a_sentence(image, registry):
    with pytest.raises(ImageError, match="[a-z]") as refused:
        Reference.read(image, registry)

    assert "lovelace" not in str(refused.value)


def test_a_digest_counts_more_than_a_tag():
    reference = Reference.read("r.example.com/server:7")

    assert (reference.wanted, reference.pinned(DIGEST).wanted) == ("7", DIGEST)
