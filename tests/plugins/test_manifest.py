"""Builds by manifests: which jobs run, what becomes of them and of the build, and what is kept."""

import io
import zipfile

import pytest

from ec_builds.manifest.errors import ManifestError
from ec_builds.states import State
from ec_builds.store.artifact import Artifact
from ec_builds.store.build import Build
from ec_builds.store.job import Job
from ec_builds.store.run import Event
from tests.acting import Acting


@pytest.fixture(autouse=True)
def acting(runtime):
    """The driver that acts, in the place of the one that runs jobs on this machine."""
    runtime.plugins.known["driver"]["os"] = Acting
    Acting.told.clear()
    return Acting


@pytest.fixture
def build(runtime):
    """Submits a manifest; it has run when this returns. Returns the build as it is then."""

    def build(text, driver="{type: os}"):
        made = runtime.submissions.submit(runtime.operator(), f"driver: {driver}\n{text}")
        return Build.get_by_id(made.id)

    return build


def jobs(build):
    """Name and state of each job."""
    return [(job.name, str(job.state)) for job in Job.of(build.id)]


def output(runtime, build):
    return b"".join(runtime.logs.part(build.id, 0, None, 10**6)).decode()


def stored(runtime, key):
    with runtime.storage.open(key) as file:
        return file.read()


def stages(*jobs, allowed=()):
    """A manifest with a job for each (stage, command)."""
    names = list(dict.fromkeys(stage for stage, _ in jobs))
    listed = "".join(f"- stage: {stage}\n  commands: ['{command}']\n" for stage, command in jobs)
    return f"stages: {names}\nallow_failures: {list(allowed)}\njobs:\n{listed}"


def test_jobs_run_in_the_order_of_their_stages(build, acting):
    done = build(
        "stages: [b, a]\n"
        "jobs:\n- {stage: a, commands: ['print 1']}\n- {stage: b, name: x}\n- {stage: nowhere}\n"
    )

    assert done.state == State.SUCCEEDED
    assert jobs(done) == [("create driver", "SUCCEEDED"), ("x", "SUCCEEDED"), ("a.1", "SUCCEEDED")]
    assert [each[1] for each in acting.told if each[0] == "run"] == ["x", "a.1"]
    assert acting.told[-1] == ("end",)
    assert done.location is None  # no artifacts, no zip


def test_a_failure_ends_the_build(build, acting, runtime):
    done = build(stages(("a", "print 1"), ("a", "fail 3"), ("a", "print 2"), ("b", "print 3")))

    assert (done.state, done.detail) == (
        State.FAILED, "The job “a.2” failed with exit code 3",
    )
    assert jobs(done)[1:] == [
        ("a.1", "SUCCEEDED"), ("a.2", "FAILED"), ("a.3", "FAILED"), ("b.1", "FAILED"),
    ]
    skipped = list(Job.of(done.id))[-1]
    assert (skipped.started, skipped.log_start) == (None, None)
    assert skipped.finished is not None
    assert acting.told[-1] == ("end",)


def test_a_stage_may_fail(build):
    done = build(stages(("a", "fail 3"), ("a", "print"), ("b", "print"), allowed=["a"]))

    assert done.state == State.SUCCEEDED_WITH_FAILURES
    assert done.detail == "Of the jobs that may fail, these did: “a.1”"
    assert jobs(done)[1:] == [
        ("a.1", "SUCCEEDED_WITH_FAILURES"), ("a.2", "SUCCEEDED"), ("b.1", "SUCCEEDED"),
    ]


def test_a_worse_failure_counts(build):
    done = build(stages(("a", "fail 3"), ("b", "fail 1"), allowed=["a"]))

    assert done.state == State.FAILED
    assert jobs(done)[1:] == [("a.1", "SUCCEEDED_WITH_FAILURES"), ("b.1", "FAILED")]


def test_a_driver_that_cannot_begin(build, acting, runtime):
    done = build(stages(("a", "print 1")), driver="{type: os, refuse: no room}")

    assert (done.state, done.detail) == (State.FAILED, "no room")
    assert jobs(done) == [("create driver", "FAILED"), ("a.1", "FAILED")]
    assert output(runtime, done) == (
        "Running with driver acting...\n\nERR: no room\n\nDone. No jobs run.\n"
    )
    assert acting.told[-1] == ("end",)


def test_a_driver_that_cannot_run_a_job(build, runtime):
    done = build(stages(("a", "refuse gone away"), ("b", "print"), allowed=["a"]))

    assert (done.state, done.detail) == (State.FAILED, "gone away")
    assert output(runtime, done).endswith("\nERR: gone away\n")


def test_each_job_has_its_part_of_the_output(build, runtime):
    done = build(stages(("a", "print one"), ("a", "print two"), ("b", "print three")))

    parts = [
        b"".join(runtime.logs.part(done.id, job.log_start, job.log_end, 100)).decode()
        for job in Job.of(done.id)
    ]
    assert parts == ["Running with driver acting...\n", "one\n", "two\n", "three\n"]
    assert output(runtime, done) == "Running with driver acting...\n\none\ntwo\n\nthree\n"


def test_artifacts_are_collected_also_of_a_job_that_fails(build, runtime):
    done = build(
        "stages: [a]\njobs:\n"
        "- stage: a\n  commands: ['leave x/1.txt one', 'leave x/2.txt two', 'fail 1']\n"
        "  artifacts: ['x/1.txt => first', 'x/*.txt', missing]\n"
    )

    found = {each.name: (each.source, each.size, each.declared) for each in Artifact.of(done.id)}
    assert found == {
        "first": ("x/1.txt", 3, True),
        "*.txt": ("x/*.txt", 3, True),
        "2.txt": ("x/*.txt", 3, False),
        "missing": ("missing", None, True),
    }
    assert done.state == State.FAILED
    assert "Failed to collect artifact missing => missing: there is no such file" in output(
        runtime, done
    )
    kept = Artifact.get(Artifact.name == "2.txt")
    assert stored(runtime, kept.key) == b"two"


def test_the_zip_has_all_artifacts_those_of_one_name_apart(build, runtime):
    done = build(
        "stages: [a]\njobs:\n"
        "- {stage: a, name: one, commands: ['leave f 1'], artifacts: [f, 'f => d/f']}\n"
        "- {stage: a, name: two, commands: ['leave f 2'], artifacts: [f, 'f => d']}\n"
    )

    second = list(Job.of(done.id))[-1].id
    with zipfile.ZipFile(io.BytesIO(stored(runtime, done.result_key))) as packed:
        found = {name: packed.read(name) for name in packed.namelist() if name[-1] != "/"}
    # of equal left sides the last one counts
    assert found == {"d/f": b"1", f"two-{second}/d": b"2"}


def test_what_means_nothing_is_told(build, runtime):
    done = build("stages: [a]\njobs:\n- {stage: b, comands: [x]}\n")

    assert done.state == State.SUCCEEDED
    assert "Manifest line 4, jobs[0].comands: is no key of a job" in output(runtime, done)
    told = [event.message for event in Event.select() if event.type == "warn"]
    assert told[1] == (
        "The manifest has a mistake: line 4, jobs[0]: is left out, as there is no stage “b”"
    )


def test_variables_come_in_order_and_masked_ones_are_masked(build, acting, runtime):
    runtime.variables.set(runtime.operator(), "", "TOKEN", "s3cr3t-one", masked=True)
    runtime.variables.set(runtime.operator(), "", "BOTH", "owner's")
    runtime.variables.set(runtime.operator(), "lab", "BOTH", "namespace's")

    done = build("namespace: lab\nenv: ['BOTH=', A=b=c]\n" + stages(("a", "print s3cr3t-one")))

    assert acting.told[0] == ("begin", {"TOKEN": "s3cr3t-one", "BOTH": "", "A": "b=c"})
    assert output(runtime, done).endswith("xxxxxx\n")
    told = [f"{event.message} {event.info}" for event in Event.select()]
    assert not any("s3cr3t" in each for each in told)


def test_objects_are_placed_and_checked(build, acting, runtime):
    keep = runtime.objects.keep
    keep(runtime.operator(), "", "seed", io.BytesIO(b"corn"))
    broken = keep(runtime.operator(), "", "broken", io.BytesIO(b"corn"))
    runtime.storage.delete(broken.key)
    runtime.storage.put(broken.key, io.BytesIO(b"rust"))

    done = build("objects: ['seed => in/seed', broken, nothing]\n")

    assert done.state == State.SUCCEEDED
    assert [each for each in acting.told if each[0] == "place"] == [("place", "in/seed", b"corn")]
    assert "broken => broken: its file in the storage is damaged" in output(runtime, done)
    assert [(each.source, bool(each.placed)) for each in runtime.submissions.objects(done)] == [
        ("broken", False), ("seed", True),
    ]


def test_a_driver_that_is_not_enabled_is_refused_before_anything_is_stored(runtime, build):
    with pytest.raises(ManifestError, match="docker is not enabled"):
        build("", driver="{type: docker, image: a, workspace: /w}")

    assert Build.select().count() == 0


def test_numbers_have_no_gaps(runtime, build, somebody):
    first = build("")
    with pytest.raises(ManifestError):
        build("", driver="{}")

    assert (first.number, build("").number) == (1, 2)
