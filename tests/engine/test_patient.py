"""A storage that does not answer is asked again, and told about when it stays silent."""

import io
from types import SimpleNamespace

import pytest

from ec_builds.engine.patient import PatientStorage
from ec_builds.engine.stopping import Brake, Reason, Stopped
from ec_builds.errors import BuildError
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.run import Event


class Silent:
    """Fails some times, as a disk that is full for a while."""

    def __init__(self, times):
        self.times, self.kept = times, {}

    def put(self, key, file):
        self.stumble()
        self.kept[key] = file.read()
        return len(self.kept[key])

    def put_all(self, prefix, files):
        for name, file in files:
            self.put(f"{prefix}/{name}", file)

    def open(self, key):
        self.stumble()
        return io.BytesIO(self.kept[key])

    def stumble(self):
        if self.times:
            self.times -= 1
            raise OSError(28, "No space left on device")


@pytest.fixture
def run():
    """What a storage is given of a run, with its events."""
    brake, events = Brake(20), []
    return SimpleNamespace(
        brake=brake, check=brake.check, events=events,
        note=lambda message, kind, **info: events.append((message, kind, info)),
    )


@pytest.fixture
def file(tmp_path):
    (tmp_path / "result.zip").write_bytes(b"a zip")
    return tmp_path / "result.zip"


def test_it_is_asked_until_it_answers(run, file):
    storage = Silent(times=3)
    patient = PatientStorage(storage, run, pause=0.001)

    assert patient.put("builds/1/1/result.zip", file) == 5

    assert storage.kept == {"builds/1/1/result.zip": b"a zip"}
    told = "The storage does not take the file; trying again"
    assert run.events == [(told, "warn", {"reason": "No space left on device"})]
    assert patient.open("builds/1/1/result.zip").read() == b"a zip"


def test_of_many_files_all_are_handed_over_again(run, file):
    storage = Silent(times=2)

    PatientStorage(storage, run, pause=0.001).put_all("sites/1", [("a", file), ("b", file)])

    assert storage.kept == {"sites/1/a": b"a zip", "sites/1/b": b"a zip"}


def test_one_that_stays_silent_is_told(run, file):
    patient = PatientStorage(Silent(times=10**9), run, patience=0.01, pause=0.001)

    for do, what in ((lambda: patient.put("a", file), "take"), (lambda: patient.open("a"), "hand")):
        with pytest.raises(BuildError, match=f"storage does not {what}.*No space left on device"):
            do()


def test_a_run_that_has_to_stop_does_not_wait(run, file):
    patient = PatientStorage(Silent(times=10**9), run, pause=60)
    run.brake.pull(Reason.CANCELLED)

    with pytest.raises(Stopped):
        patient.put("a", file)
    with pytest.raises(Stopped):
        PatientStorage(Silent(times=0), run).put_all("sites/1", [("a", file)])


def test_what_is_not_there_is_no_silence(run, storage):
    with pytest.raises(KeyError):
        PatientStorage(storage, run).open("nothing")


def test_a_build_outlasts_a_disk_that_was_full(
    make_platform, submit, work, storage, monkeypatch
):
    put, full = storage.put, [1, 2]

    def stumbling(key, file):
        if full:
            full.pop()
            raise OSError(28, "No space left on device")
        return put(key, file)

    monkeypatch.setattr(storage, "put", stumbling)
    monkeypatch.setattr("ec_builds.engine.patient.PAUSE", 0.001)
    build_id = submit(make_platform())

    work()

    assert Build.get_by_id(build_id).state == State.SUCCEEDED
    messages = [event.message for event in Event.of("build_id", [build_id])[build_id]]
    assert "The storage does not take the file; trying again" in messages
