"""Who tries too often is refused: tokens that are none, and builds without end."""

from dataclasses import replace

import jwt
import pytest

from ec_builds.auth.rates import Rate
from ec_builds.config import proxies, rate
from ec_builds.errors import InvalidToken
from ec_builds.web.current import EXTENSION


def problem(answer):
    return answer.status_code, answer.json["code"]


@pytest.fixture
def attempt(anonymous, application, runtime):
    """Asks a server that bears with three failed logins in a minute."""
    failures = Rate(rate("3/minute"), "failed logins")
    config = replace(runtime.config, trusted_proxies=proxies("10.0.0.1"))
    application.extensions[EXTENSION] = replace(runtime, failures=failures, config=config)

    def attempt(token, address="192.0.2.7", path="/", **headers):
        known = {"Authorization": f"Bearer {token}"} if token else {}
        return anonymous.get(
            path, headers={**known, **headers}, environ_overrides={"REMOTE_ADDR": address}
        )

    return attempt


def test_who_guesses_tokens_is_slowed_down_and_who_has_one_is_not(attempt, token):
    for number in range(3):
        assert problem(attempt(f"guess {number}")) == (401, 3401)
    for number in range(5):
        answer = attempt(f"another guess {number}")
        assert problem(answer) == (429, 3117)
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
        assert attempt(token).status_code == 200
    assert problem(attempt("guess", "192.0.2.8")) == (401, 3401)


def test_a_guess_in_the_query_or_of_another_form_counts_as_well(attempt):
    attempt(None, path="/?_token=x")
    attempt(None, path="/?_token=x&_token=y")
    attempt(None, Authorization="Basic YWRtaW46YWRtaW4=")

    assert problem(attempt(None, path="/?_token=x")) == (429, 3117)


def test_a_token_counts_wherever_it_is_tried(attempt):
    for number in range(3):
        assert problem(attempt("stolen", f"192.0.2.{number}")) == (401, 3401)

    assert problem(attempt("stolen", "192.0.2.99")) == (429, 3117)
    assert problem(attempt("other", "192.0.2.99")) == (401, 3401)


def test_no_token_is_no_guess(attempt):
    for _ in range(10):
        assert problem(attempt(None)) == (401, 3400)


def test_an_old_token_counts(attempt, runtime):
    old = runtime.tokens.issue(runtime.operator().account, "old", -1)[1]

    assert [attempt(old).json["code"] for _ in range(4)] == [3402, 3402, 3402, 3117]


def test_a_network_of_ipv6_is_one_address(attempt):
    for number in range(3):
        attempt(f"guess {number}", f"2001:db8:1:2::{number}")

    assert attempt("guess", "2001:db8:1:2:ffff::1").status_code == 429
    assert attempt("guess", "2001:db8:1:3::1").status_code == 401


def test_addresses_are_those_that_trusted_proxies_tell(attempt):
    for number in range(3):
        attempt("guess", "10.0.0.1", **{"X-Forwarded-For": f"1.1.1.{number}, 192.0.2.7"})
        attempt("other guess", "192.0.2.9", **{"X-Forwarded-For": f"1.1.1.{number}"})

    for address, via in (("192.0.2.7", {}), ("192.0.2.9", {"X-Forwarded-For": "1.1.1.77"})):
        assert attempt("new", address, **via).status_code == 429
    assert attempt("new", "10.0.0.1", **{"X-Forwarded-For": "1.1.1.1"}).status_code == 401


def test_no_refusal_says_whether_an_account_or_a_token_is_there(attempt, runtime):
    key, account = runtime.tokens.key, runtime.operator().account
    claims = {"iss": "ec-builds", "jti": "nobody's"}
    forged = [
        jwt.encode({**claims, "sub": account.id}, key, "HS256"),
        jwt.encode({**claims, "sub": "no such account"}, key, "HS256"),
        jwt.encode({**claims, "sub": account.id}, "another key" * 9, "HS256"),
    ]
    answers = [attempt(each, f"192.0.2.{number}") for number, each in enumerate(forged)]

    for answer in answers:
        assert (problem(answer), answer.json["verbose"]) == ((401, 3401), InvalidToken.advice)
        assert answer.json.keys() == answers[0].json.keys()


def test_fingerprints_are_remembered_and_tokens_are_not(attempt, application):
    attempt("SECRET")

    assert "SECRET" not in str(application.extensions[EXTENSION].failures.counters.counts)


def test_builds_and_deployments_of_an_account_are_counted(
    client, application, runtime, make_platform, build
):
    platform = make_platform()
    built = build(platform)
    starts = Rate(rate("2/hour"), "builds")
    application.extensions[EXTENSION] = replace(runtime, starts=starts)
    builds = platform["_links"]["ec:app/builds"]["href"]
    target = platform["_links"]["ec:app/target"]["href"].partition("=")[2]
    deployments = (
        f"/platform/deployment?platformID={platform['platformID']}"
        f"&buildID={built['buildID']}&targetID={target}"
    )

    assert client.post(builds).status_code == 201
    assert client.post(deployments).status_code == 201
    for address in (builds, deployments):
        answer = client.post(address)
        assert problem(answer) == (429, 3117)
        assert 1 <= int(answer.headers["Retry-After"]) <= 3600
    assert client.get(builds).json["total"] == 2
    assert client.post("/", json={"title": "x", "hexColor": "#d97706"}).status_code == 201
