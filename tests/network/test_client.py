"""What comes from a url, and what is refused on the way."""

import dataclasses
import gzip
import socket
import ssl
import threading
import time

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network


def test_a_body_is_read_with_what_is_said_about_it(network, server):
    server.answer("/data", b"[1]", Content_Type="application/json; charset=utf-8")

    answer = network.get(server.url("/data"), {"X-Asked": "yes"})

    assert (answer.status, answer.body) == (200, b"[1]")
    assert answer.content_type == "application/json"
    assert answer.facts == {
        "url": server.url("/data"),
        "status": 200,
        "contentType": "application/json",
    }
    assert server.seen[0][1]["x-asked"] == "yes"


def test_a_body_can_be_read_piece_by_piece(network, server):
    server.answer("/", b"x" * 300_000)

    with network.open(server.url()) as answer:
        pieces = list(answer.chunks())

    assert len(pieces) > 1
    assert b"".join(pieces) == b"x" * 300_000


def test_loopback_is_refused_unless_it_is_allowed(server):
    with pytest.raises(BuildError, match="loopback"):
        Network().get(server.url())
    assert server.seen == []


@pytest.mark.parametrize("host", ["[::1]", "[::ffff:127.0.0.1]", "0", "127.1", "[64:ff9b::7f00:1]"])
def test_addresses_in_a_url_are_checked_like_names(host):
    with pytest.raises(BuildError, match="which this server does not reach out to"):
        Network().get(f"http://{host}:9/")


def test_a_host_is_asked_for_once_and_its_second_answer_does_not_count(server, dialled):
    server.answer("/", b"here")
    answers = iter([["127.0.0.1"], ["127.0.0.66"]])
    network = Network(private="allow", lookup=lambda host: next(answers))

    assert network.get(server.url(host="rebinding.example")).body == b"here"

    assert dialled == ["127.0.0.1"]
    assert next(answers) == ["127.0.0.66"]
    assert server.seen[0][1]["Host"] == f"rebinding.example:{server.server_port}"


def test_the_next_address_is_tried_when_one_refuses(server, dialled):
    server.answer("/", b"here")
    network = Network(private="allow", lookup=lambda host: ["127.0.0.66", "127.0.0.1"])

    assert network.get(server.url(host="two.example")).body == b"here"
    assert dialled == ["127.0.0.66", "127.0.0.1"]


def test_tls_is_about_the_name_though_the_address_is_pinned(
    secure_server, monkeypatch, certificate
):
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    secure_server.answer("/", b"secret")
    network = Network(private="allow", lookup=lambda host: ["127.0.0.1"])

    answer = network.get(secure_server.url(host="secure.example", scheme="https"))

    assert answer.body == b"secret"
    with pytest.raises(BuildError, match="certificate is not valid"):
        network.get(secure_server.url(host="other.example", scheme="https"))


def test_a_certificate_that_nobody_vouches_for_is_refused(network, secure_server):
    network = dataclasses.replace(network, lookup=lambda host: ["127.0.0.1"])

    with pytest.raises(BuildError, match="certificate is not valid"):
        network.get(secure_server.url(host="secure.example", scheme="https"))


def test_certificates_can_come_from_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    assert isinstance(Network().certificates, ssl.SSLContext)
    assert Network().certificates.get_ca_certs() == []


def test_proxies_and_netrc_of_the_environment_are_not_used(network, server, tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server.answer("/", b"direct")

    assert network.get(server.url()).body == b"direct"
    assert "Authorization" not in server.seen[0][1]


@pytest.mark.parametrize(
    "url, words",
    [
        ("ftp://example.com/", "must start with http"),
        ("file:///etc/passwd", "must start with http"),
        ("gopher://127.0.0.1:6379/_INFO", "must start with http"),
        ("/relative", "must start with http"),
        ("", "must start with http"),
        ("http://", "names no host"),
        ("http:///path", "names no host"),
        ("https://user:word@example.com/", "user or a password"),
        ("https://token@example.com/", "user or a password"),
        ("http://exa mple.com/", "no valid host"),
        ("http://xn--a/", "no valid host"),
        ("http://example.com:99999999/", "no valid host"),
        ("http://[::1/", "can be read"),
        ("http://example.com/\x00", "can be read"),
        (None, "can be read"),
    ],
)
def test_what_is_no_url_of_the_web_is_refused(network, url, words):
    with pytest.raises(BuildError, match=words) as refused:
        network.get(url)
    assert "word" not in str(refused.value.info)


def test_a_status_that_is_no_success_is_an_error_without_the_query(network, server):
    server.answer("/gone?key=secret", status=410)

    with pytest.raises(BuildError) as failed:
        network.get(server.url("/gone?key=secret"))

    assert str(failed.value) == f"{server.url('/gone')}?… answered with 410 Gone"
    assert failed.value.info == {"url": server.url("/gone") + "?…", "status": 410}


def test_a_body_that_announces_too_much_is_not_read(network, server):
    server.answer("/", b"x" * 1001)

    with pytest.raises(BuildError, match="sent more than 1000 bytes") as refused:
        network.get(server.url(), limit=1000)
    assert refused.value.info["limit"] == 1000


def test_a_body_without_an_end_is_cut_off(server):
    def pour(request):
        request.send_response(200)
        request.end_headers()
        for _ in range(10_000):
            request.wfile.write(b"x" * 65536)

    server.routes["/"] = pour
    network = Network(private="allow", size_limit=1_000_000)

    with pytest.raises(BuildError, match="sent more than 1000000 bytes"):
        network.get(server.url())


def test_what_counts_is_the_size_after_decompression(network, server):
    server.answer("/", gzip.compress(b"0" * 5_000_000), Content_Encoding="gzip")

    with pytest.raises(BuildError, match="sent more than 1000000 bytes"):
        network.get(server.url(), limit=1_000_000)
    assert len(network.get(server.url()).body) == 5_000_000


@pytest.mark.parametrize("coding", ["gzip, gzip", "deflate", "br", "zstd", "compress", "x"])
def test_an_encoding_that_was_not_asked_for_is_refused(network, server, coding):
    server.answer("/", gzip.compress(gzip.compress(b"0")), Content_Encoding=coding)

    with pytest.raises(BuildError, match="answered in an encoding not asked for"):
        network.get(server.url())
    assert server.seen[0][1]["accept-encoding"] == "gzip"


def test_a_broken_encoding_is_an_error_with_a_reason(network, server):
    server.answer("/", b"not compressed", Content_Encoding="gzip")

    with pytest.raises(BuildError, match="could not be read"):
        network.get(server.url())


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"])
def test_a_server_that_drips_is_cut_off_in_time(server, head):
    hung_up = threading.Event()

    def drip(request):
        try:
            request.wfile.write(head or b"HTTP/1.1 200 OK\r\n")
            while True:
                request.wfile.write(b"X-A: b\r\n" if not head else b"x")
                time.sleep(0.01)
        except OSError:
            hung_up.set()

    server.routes["/"] = drip
    network = Network(private="allow", timeout=0.3, patience=5)
    begun = time.monotonic()

    with pytest.raises(BuildError, match="took longer than 0.3 seconds"):
        network.get(server.url())

    assert time.monotonic() - begun < 2
    assert hung_up.wait(5)


def test_a_server_that_says_nothing_is_given_up(server):
    done = threading.Event()
    server.routes["/"] = lambda request: done.wait(5)
    network = Network(private="allow", patience=0.1)

    with pytest.raises(BuildError, match="did not answer for 0.1 seconds") as failed:
        network.get(server.url())
    done.set()
    assert failed.value.info["reason"] == "timeout"


def test_a_port_on_which_nobody_listens_is_said_to_refuse(network):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(BuildError, match="could not be read: .*[Cc]onnection refused") as failed:
        network.get(f"http://127.0.0.1:{port}/?token=secret")
    assert "secret" not in f"{failed.value} {failed.value.info}"


def test_an_answer_that_is_no_http_is_an_error(network, server):
    server.routes["/"] = lambda request: request.wfile.write(b"SSH-2.0-OpenSSH\r\n")

    with pytest.raises(BuildError, match="could not be read"):
        network.get(server.url())


def test_a_header_that_cannot_be_sent_is_an_error(network, server):
    with pytest.raises(BuildError, match="a header is not valid") as failed:
        network.get(server.url(), {"Authorization": "Bearer a\r\nX-Other: b"})
    assert "Bearer" not in f"{failed.value} {failed.value.info}"
    assert server.seen == []


def test_the_log_keeps_no_secrets(network, server, caplog):
    caplog.set_level("INFO")
    server.answer("/?key=secret", b"")

    network.get(server.url("/?key=secret"), {"Authorization": "Bearer secret"})

    assert "secret" not in caplog.text
