"""The conversation with a server: tokens, problems, connections, downloads."""

import hashlib
import io
import socket

import pytest

from ec_builds.client import Problem, Session, Unexpected, Unreachable


def test_the_token_is_shown_to_the_origin_of_the_root(server, session):
    server.say("/", {})

    session.root()

    assert server.seen("Authorization") == ["Bearer secret"]


def test_the_token_is_shown_to_no_other_origin(serve, server, session):
    other = serve()
    server.say("/", {"_links": {"ec:elsewhere": {"href": other.root}}})
    other.say("/", {"_links": {"ec:back": {"href": server.root}}})

    session.root().follow("ec:elsewhere").follow("ec:back")

    assert other.seen("Authorization") == [None]
    assert server.seen("Authorization") == ["Bearer secret"] * 2


def test_the_token_does_not_go_along_with_a_redirect(serve, server, session):
    other = serve()
    server.say("/", status=302, Location=other.root)
    other.say("/", {"n": 1})

    assert session.root()["n"] == 1
    assert other.seen("Authorization") == [None]


def test_the_token_does_not_go_along_with_a_download(serve, session):
    other = serve()
    other.say("/zip", b"bytes", Content_Type="application/zip")

    session.download(f"{other.root}zip", io.BytesIO())

    assert other.seen("Authorization") == [None]


def test_another_host_name_is_another_origin(server, session):
    server.say("/", {})

    session.get(server.root.replace("127.0.0.1", "localhost"))

    assert server.seen("Authorization") == [None]


def test_nobody_needs_a_token(server):
    server.say("/", {})

    with Session(server.root.rstrip("/")) as session:
        session.root()

    assert server.seen("Authorization") == [None]


def test_a_proxy_is_not_asked_for_this_machine(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    server.say("/", {"n": 1})

    with Session(server.root) as session:
        assert session.root()["n"] == 1


def test_a_problem_is_an_exception_with_all_it_says(server, session):
    server.say(
        "/",
        {
            "status": 400,
            "code": 3212,
            "title": "Invalid format for property in query string",
            "detail": "page",
            "verbose": "page should be a whole number from 1.",
            "_embedded": {"error": {"code": 3216, "title": "No filter"}},
        },
        status=400,
    )

    with pytest.raises(Problem) as caught:
        session.root()

    problem = caught.value
    assert (problem.status, problem.code, problem.detail) == (400, 3212, "page")
    assert problem.title == "Invalid format for property in query string"
    assert problem.verbose == "page should be a whole number from 1."
    assert [each["code"] for each in problem.others] == [3216]
    assert str(problem) == (
        "Invalid format for property in query string: page should be a whole number from 1 "
        "[400, error 3212]."
    )


def test_a_problem_names_its_subject_if_nothing_else_does(server, session):
    server.say("/", {"code": 3202, "title": "Missing property", "detail": "appID"}, status=400)

    with pytest.raises(Problem, match=r"^Missing property \(appID\) \[400, error 3202\]\.$"):
        session.root()


def test_a_refusal_that_is_no_problem_document_is_told_as_it_is(server, session):
    server.say("/", b"<h1>Oops</h1>", status=502, Content_Type="text/html")

    with pytest.raises(Problem, match=f"^{server.root} answered 502 Bad Gateway"):
        session.root()


@pytest.mark.parametrize("body", [b"<h1>Hello</h1>", b"[1, 2]", b"{"])
def test_an_answer_that_is_no_document_is_told(server, session, body):
    server.say("/", body, Content_Type="text/html" if b"<" in body else "application/json")

    with pytest.raises(Unexpected, match="where HAL.JSON was expected"):
        session.root()


def test_a_post_does_not_follow_a_redirect(server, session):
    server.say("/", status=302, method="POST", Location="/other")

    with pytest.raises(Unexpected, match="redirects to /other, which only a GET may follow"):
        session.post(server.root)


def test_redirects_without_end_are_told(server, session):
    server.say("/", status=302, Location="/")

    with pytest.raises(Unexpected, match="redirects without end"):
        session.root()


def test_nobody_at_home_is_told():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        root = f"http://127.0.0.1:{closed.getsockname()[1]}/"

    with Session(root) as session, pytest.raises(Unreachable) as caught:
        session.root()

    assert str(caught.value) == f"{root} cannot be reached: connection refused."


def test_a_connection_that_breaks_is_told(server, session):
    server.say("/", b"half", Content_Length="100")

    with pytest.raises(Unreachable, match="^The connection to http.* broke: "):
        session.root()


def test_silence_is_told(session):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        session.http.timeout = 0.05
        root = f"http://127.0.0.1:{silent.getsockname()[1]}/"

        with pytest.raises(Unreachable, match=f"^{root} did not answer in time.$"):
            session.get(root)


@pytest.mark.parametrize("root", ["nonsense", "ftp://127.0.0.1/", "http://[::1/", "http://a:b/"])
def test_an_address_that_is_none_is_told(root):
    with pytest.raises(Unreachable, match="is not an http address"):
        with Session(root) as session:
            session.root()


def test_a_download_tells_its_progress_and_its_hash(server, session):
    content = bytes(range(256)) * 1000
    server.say("/zip", content, Content_Type="application/zip")
    file, told = io.BytesIO(), []

    received = session.download(
        f"{server.root}zip", file, lambda done, total: told.append((done, total))
    )

    assert file.getvalue() == content
    assert received == (len(content), hashlib.sha256(content).hexdigest())
    assert told[-1] == (len(content), len(content))
    assert server.seen("Accept-Encoding") == ["identity"]


def test_a_download_that_is_refused_is_a_problem(server, session):
    server.say("/zip", {"code": 3100, "title": "Resource not found"}, status=404)
    file = io.BytesIO()

    with pytest.raises(Problem, match=r"^Resource not found \[404, error 3100\].$"):
        session.download(f"{server.root}zip", file)

    assert file.getvalue() == b""


def test_a_download_that_breaks_is_told(server, session):
    server.say("/zip", b"half", Content_Length="100")

    with pytest.raises(Unreachable, match="broke"):
        session.download(f"{server.root}zip", io.BytesIO())
