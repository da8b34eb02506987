"""Jobs of builds by manifests, as a client of the native face meets them."""

import subprocess

import pytest

from ec_builds.store.job import Job
from ec_builds.store.log import LogSegment

MANIFEST = """
driver: {type: os}
stages: [make, check, publish]
allow_failures: [check]
jobs:
- stage: make
  name: compile
  commands: [echo one two]
- stage: check
  commands: [echo three; exit 3]
- stage: publish
  commands: ["false"]
- stage: publish
  commands: [echo never]
"""
LOG, ADDRESS = "ec:app/build/job/log", "ec:app/build/job/log/address"


@pytest.fixture
def built(build_by):
    """A build whose jobs ended in all ways."""
    return build_by(MANIFEST)


def href(document, relation="self"):
    return document["_links"][relation]["href"]


def test_a_build_leads_to_its_jobs_in_their_order(client, built, parts):
    jobs = parts(built, "job")

    assert [(each["stage"], each["name"], each["status"]) for each in jobs] == [
        (f"setup - #{built['buildID']}", "create driver", "SUCCEEDED"),
        ("make", "compile", "SUCCEEDED"),
        ("check", "check.1", "SUCCEEDED_WITH_FAILURES"),
        ("publish", "publish.1", "FAILED"),
        ("publish", "publish.2", "FAILED"),
    ]
    assert [each["mayFail"] for each in jobs] == [False, False, True, False, False]
    assert jobs[4]["started"] is None and jobs[4]["finished"] is not None
    assert (jobs[1]["kind"], jobs[1]["commands"]) == ("commands", "echo one two")
    assert href(jobs[1], "ec:app/build") == href(built)
    one = client.get(href(jobs[1])).json
    assert one.pop("_links").keys() - {"curies"} == jobs[1].pop("_links").keys()
    assert one == jobs[1]


def test_a_job_has_its_part_of_the_log(client, built, parts):
    whole = client.get(href(built, "ec:app/build/log")).data
    driver, one, three, _, never = (client.get(href(job, LOG)) for job in parts(built, "job"))

    assert one.mimetype == "text/plain" and b"one two\n" in one.data and b"three" not in one.data
    assert b"three\n" in three.data
    assert whole.count(one.data) == 1 and whole.index(driver.data) < whole.index(one.data)
    assert never.data == b""
    assert one.headers["Content-Security-Policy"] == "sandbox"
    begin = one.data.index(b"two")
    wanted = {"Range": f"bytes={begin}-{begin + 2}"}
    part = client.get(href(parts(built, "job")[1], LOG), headers=wanted)
    assert (part.status_code, part.data) == (206, b"two")
    assert part.headers["ETag"] == one.headers["ETag"]


def test_the_log_of_a_job_that_runs_is_what_there_is(client, built, parts):
    job = parts(built, "job")[2]
    Job.update(log_end=None, state="RUNNING").where(Job.id == job["jobID"]).execute()
    begin, size = Job.get_by_id(job["jobID"]).log_start, LogSegment.length(built["buildID"])

    log = client.get(href(job, LOG))

    assert len(log.data) == size - begin and b"three" in log.data
    LogSegment.update(size=LogSegment.size - 4).where(LogSegment.size > 4).execute()
    assert client.get(href(job, LOG)).headers["ETag"] != log.headers["ETag"]


def test_the_log_of_a_job_can_be_read_without_a_token(client, anonymous, built, parts):
    job = parts(built, "job")[1]
    made = client.post(href(job, ADDRESS)).json

    stranger = anonymous.application.test_client()
    assert stranger.get(made["url"]).data == client.get(href(job, LOG)).data
    assert stranger.get(made["url"].replace("job/log", "job")).status_code == 401
    assert href(made, "ec:app/build/job") == href(job)


@pytest.mark.parametrize(
    "query, names",
    [
        ("&status=FAILED&sort=-jobID", ["publish.2", "publish.1"]),
        ("&stage=make", ["compile"]),
        ("&name~=RE", ["create driver"]),
        ("&size=2&page=2&sort=name", ["create driver", "publish.1"]),
        ("&size=0&stage=check,make", ["compile", "check.1"]),
    ],
)
def test_jobs_are_filtered_sorted_paged_and_streamed(client, built, query, names):
    found = client.get(f"{href(built, 'ec:app/build/jobs')}{query}").json

    assert [each["name"] for each in found["_embedded"]["ec:app/build/job"]] == names


def test_a_list_of_jobs_is_one_of_builds_that_there_are(client, built, make_platform, build):
    refused = client.get("/platform/build/job")
    assert (refused.status_code, refused.json["code"]) == (400, 3202)
    assert refused.json["detail"] == "buildID"
    missing = client.get("/platform/build/job?buildID=99")
    assert (missing.status_code, missing.json["detail"]) == (404, "buildID")

    plain = build(make_platform())
    assert "ec:app/build/jobs" not in plain["_links"]
    assert client.get(f"/platform/build/job?buildID={plain['buildID']}").json["total"] == 0
    client.delete(href(built))
    assert client.get("/platform/build/job?jobID=1").status_code == 404


def test_a_manifest_in_a_repository_is_found_when_it_is_fetched(
    client, build_by, make_plugin, parts, tmp_path
):
    """The platform has no manifest: it is in the code, and so are the jobs from then on."""
    folder = tmp_path / "shop"
    folder.mkdir()
    folder.joinpath(".djinn.yml").write_text(IN_CODE)
    folder.joinpath("hello.txt").write_text("hello")
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@localhost"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], check=True, timeout=20)
    code = make_plugin("codesource", "remoteGit", giturl=f"file://{folder}", branch="main")

    built = build_by(None, codesource=code)

    assert (built["successful"], built["statusDetail"]) == ("success", None)
    assert client.get(href(built, "ec:app/build/manifest")).text == IN_CODE
    assert [each["name"] for each in parts(built, "job")] == ["create driver", "make.1"]
    (artifact,) = parts(built, "artifact")
    assert client.get(href(artifact, "ec:app/build/artifact/content")).data == b"bread\n"


IN_CODE = """
driver:
  type: os
stages:
- make
jobs:
- stage: make
  commands:
  - echo bread > made.txt
  artifacts:
  - made.txt
"""
