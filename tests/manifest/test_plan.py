"""The jobs that follow from a manifest."""

import pytest

from ec_builds.manifest.parts import Job, Manifest, Source
from ec_builds.manifest.plan import PlannedJob, plan, slug
from ec_builds.manifest.script import script


def jobs(written, stages="t p"):
    """Stages and names of the jobs that were written as `stage` or `stage/name`."""
    parts = [Job(*each.split("/")) for each in written.split()]
    planned = plan(Manifest(stages=stages.split(), jobs=parts), 7)[1:]
    return " ".join(f"{job.stage}:{job.name}" for job in planned)


def test_a_build_is_set_up_before_all_else():
    manifest = Manifest(
        sources=[Source("https://h/r", "v1", "r"), Source("https://h/s", "", "d")],
        stages=["t"],
        allow_failures=frozenset({"t", "setup - #7"}),
        jobs=[Job("t", "unit", ["make", "make test"], {"a": "b"})],
    )

    assert plan(manifest, 7) == [
        PlannedJob("setup - #7", "create driver", kind="driver"),
        PlannedJob(
            "setup - #7",
            "clone.1",
            ["mkdir -p r", "git clone -q https://h/r r", "cd r", "git checkout -q v1"],
            kind="clone",
            source=manifest.sources[0],
        ),
        PlannedJob(
            "setup - #7",
            "clone.2",
            ["mkdir -p d", "git clone -q https://h/s d", "cd d"],
            kind="clone",
            source=manifest.sources[1],
        ),
        PlannedJob("t", "unit", ["make", "make test"], {"a": "b"}, may_fail=True),
    ]


def test_a_build_without_jobs_still_creates_its_driver():
    assert plan(Manifest(), 1) == [PlannedJob("setup - #1", "create driver", kind="driver")]


@pytest.mark.parametrize(
    "written, planned",
    [
        ("t t p", "t:t.1 t:t.2 p:p.1"),
        ("t t/lint t", "t:t.1 t:lint t:t.3"),
        ("t p t", "t:t.1 t:t.1 p:p.1"),
        ("p t", "t:t.1 p:p.1"),
        ("t x t x/y p", "t:t.1 t:t.2 p:p.1"),
        ("x", ""),
    ],
)
def test_jobs_are_named_in_their_order_and_run_in_that_of_the_stages(written, planned):
    assert jobs(written) == planned


def test_a_job_without_a_stage_is_dropped():
    assert jobs("/lint", stages="t") == ""


def test_any_name_is_a_stage():
    assert jobs("/dev/urandom", stages="x") == ""
    manifest = Manifest(stages=["/dev/urandom"], jobs=[Job("/dev/urandom")])
    assert plan(manifest, 1)[1].name == "/dev/urandom.1"


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Unit Tests", "unit-tests"),
        ("create driver", "create-driver"),
        ("clone.1", "clone.1"),
        ("  a  - b_c  ", "a-b-c"),
        ("setup - #2", "setup-2"),
        ("/dev/urandom.1", "dev-urandom.1"),
        ("äöü", ""),
    ],
)
def test_a_name_can_be_written_in_addresses(name, expected):
    assert slug(name) == expected


def test_commands_are_one_script():
    assert script(["cd core", "make \\\n  test", ""]) == (
        "#!/bin/sh\nexec 2>&1\nset -ex\n\ncd core\nmake \\\n  test\n\n"
    )
    assert script([]) == "#!/bin/sh\nexec 2>&1\nset -ex\n\n"
