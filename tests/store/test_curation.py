"""Which artifacts users no longer keep, by their bytes."""

import pytest

from ec_builds.states import State
from ec_builds.store import curation
from ec_builds.store.artifact import Artifact
from ec_builds.store.build import Build
from ec_builds.store.database import now
from ec_builds.store.deployment import Deployment
from ec_builds.store.job import Job
from ec_builds.store.litter import Litter

MIB = 1024 * 1024


@pytest.fixture
def make_build(platform):
    """A maker of ended builds of one owner with artifacts of these sizes. Returns the build."""
    def make_build(*sizes, owner="ada", **values):
        ended = {"state": State.SUCCEEDED, "finished": now(), "owner_id": owner, **values}
        build = Build.create(app_id=platform.app_id, platform_id=platform.id, **ended)
        job = Job.create(
            build_id=build.id, kind="commands", stage="s", name="j", commands="", may_fail=False
        )
        for number, size in enumerate(sizes):
            mine = {"build_id": build.id, "job_id": job.id, "source": "s", "name": f"{number}"}
            key = None if size is None else f"builds/{build.id}/artifacts/{number}"
            Artifact.create(**mine, size=size, md5="m", sha256="s", key=key)
        return build

    return make_build


def kept(build):
    """The names of the artifacts whose bytes are there."""
    return [each.name for each in Artifact.of(build.id) if each.key]


def curate(limit):
    """Remove what is too much. Returns the ids of the builds that have lost something."""
    owners = curation.owners(limit)
    return [gone.build_id for owner in owners for gone in curation.let_go(owner, limit)]


def test_five_of_one_mebibyte_are_two_too_many_for_three(make_build):
    build = make_build(*[MIB] * 5)

    curate(3 * MIB)

    assert kept(build) == ["2", "3", "4"]  # the newest ones
    gone = Artifact.of(build.id).first()
    assert (gone.size, gone.md5, gone.sha256, gone.key) == (None, None, None, None)
    assert gone.let_go is not None
    assert {each.prefix for each in Litter.select()} == {
        f"builds/{build.id}/artifacts/{number}" for number in (0, 1)
    }


def test_pinned_builds_neither_count_nor_lose_anything(make_build):
    pinned, other = make_build(*[MIB] * 5, pinned=True), make_build(*[MIB] * 3)

    assert curate(3 * MIB) == []
    assert (len(kept(pinned)), len(kept(other))) == (5, 3)


def test_the_oldest_build_goes_first_and_owners_do_not_share(make_build):
    old, stranger, new = make_build(2), make_build(9, owner="bob"), make_build(2, 1, None, 0)

    assert set(curate(3)) == {stranger.id, old.id}
    assert kept(new) == ["0", "1", "3"]


def test_builds_that_run_are_left_alone(make_build):
    running = make_build(5, state=State.RUNNING, finished=None)

    assert curate(3) == []
    assert kept(running) == ["0"]


def test_the_zip_goes_with_the_first_artifact(make_build):
    place = {"location": {"type": "zipFile", "config": {}}, "size": 7, "result_key": "builds/z"}
    build = make_build(5, **place)

    curate(3)

    build = Build.get_by_id(build.id)
    assert (build.location, build.size, build.result_key) == (None, None, None)
    assert Litter.get_or_none(Litter.prefix == "builds/z")


def test_a_zip_that_is_being_deployed_stays(make_build):
    place = {"location": {"type": "zipFile", "config": {}}, "size": 7, "result_key": "builds/z"}
    build = make_build(5, **place)
    Deployment.create(
        app_id=build.app_id, platform_id=build.platform_id, build_id=build.id, state=State.QUEUED
    )

    curate(3)

    assert kept(build) == []
    assert Build.get_by_id(build.id).result_key == "builds/z"
