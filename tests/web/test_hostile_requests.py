"""Requests that somebody has made to break something."""

import pytest


@pytest.mark.parametrize("host", ["", "a b", "x/y", "h:99999", "user@h", '"><script>'])
def test_a_host_that_is_none_is_refused(client, host):
    answer = client.get("/", headers={"Host": host}, environ_overrides={"HTTP_HOST": host})

    assert (answer.status_code, answer.json["code"], answer.json["detail"]) == (400, 3252, "Host")


def test_a_body_without_a_length_may_not_be_longer_than_others(client):
    body = b'{"title": "Bakery", "hexColor": "#d97706"}' + b" " * (2 << 20)

    answer = client.post("/", environ_overrides=chunked(Endless(body)))

    assert (answer.status_code, answer.json["code"]) == (413, 3113)
    assert client.get("/").json["total"] == 0


def chunked(stream):
    """The environment of a request whose body comes in chunks."""
    return {
        "wsgi.input": stream,
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }


class Endless:
    """A body whose end nobody has announced."""

    def __init__(self, body):
        self.body = body

    def read(self, size=-1):
        size = len(self.body) if size is None or size < 0 else size
        block, self.body = self.body[:size], self.body[size:]
        return block

    def readline(self, size=-1):
        return self.read(size)


def test_a_body_that_breaks_off_is_refused(client):
    class Broken(Endless):
        def read(self, size=-1):
            raise OSError("Invalid chunk size")

    answer = client.post("/", environ_overrides=chunked(Broken(b"")))

    assert (answer.status_code, answer.json["code"]) == (400, 3252)


def test_a_redirect_does_not_pass_the_token_on(client):
    answer = client.get("/docs?_token=SECRET&x=1")

    assert answer.status_code == 308
    assert answer.headers["Location"].endswith("/docs/?x=1")
    assert b"SECRET" not in answer.data


@pytest.mark.parametrize("name", ["other.zip", "😀.zip", "Ā.zip", "%0a.zip", "a%0db"])
def test_a_kept_file_has_one_name(client, make_platform, build, make_plugin, deploy, name):
    target = make_plugin("target", "zipDownload", filename="shop")
    platform = make_platform(targets=[target])
    deployed = deploy(platform, build(platform))
    (address,) = deployed["results"]

    assert client.get(address).status_code == 200
    other = client.get(f"{address.rpartition('/')[0]}/{name}")
    assert (other.status_code, other.json["code"]) == (404, 3100)


def test_a_condition_on_a_file_is_a_problem_if_it_fails(client, make_platform, build):
    address = build(make_platform())["buildLocation"]["config"]["url"]

    failed = client.get(address, headers={"If-Match": '"x"'})
    held = client.get(address, headers={"If-Match": "*"})

    assert (failed.status_code, failed.json["code"]) == (412, 3112)
    assert held.status_code == 200


def test_any_version_matches_a_star(client):
    assert client.get("/", headers={"If-Match": "*"}).status_code == 200
