"""A storage that is away: what needs its files is refused for now, and nothing is lost."""

import io

import pytest

from ec_builds.runtime import assemble
from ec_builds.storage.folder import FolderStorage
from ec_builds.store.litter import Litter


def address(document, relation):
    return document["_links"][relation]["href"]


@pytest.fixture
def platform(make_platform, make_plugin):
    """A platform whose builds print something, and are served."""
    config = {"commands": ["mkdir out; echo loaf | tee out/index.html"], "buildDir": "out"}
    target = make_plugin("target", "localWebServer", path="shop")
    return make_platform(platformType="website", config=config, targets=[target])


@pytest.fixture
def addresses(platform, build, deploy):
    """Of everything that is read from the storage."""
    built = build(platform)
    site = deploy(platform, built)["results"][0]
    return [
        built["buildLocation"]["config"]["url"], address(built, "ec:app/build/log"),
        site, f"{site}index.html", f"{site}missing",
    ]


@pytest.fixture
def away(config):
    """Takes the storage away, or brings it back."""
    here, there = config.home / "storage", config.home / "away"

    def away(is_away=True):
        (here if is_away else there).rename(there if is_away else here)

    return away


def refused(answer):
    """Whether an answer says that the storage does not answer."""
    assert "does not answer; try again later." in answer.json["verbose"]
    return (answer.status_code, answer.json["code"], answer.headers["Retry-After"])


def test_what_cannot_be_read_now_can_be_read_later(client, addresses, away, caplog):
    before = [client.get(each).status_code for each in addresses]
    away()
    for _ in range(2):
        for each in addresses:
            assert refused(client.get(each)) == (503, 3003, "5")
    away(False)

    assert before == [client.get(each).status_code for each in addresses]
    assert before == [200, 200, 200, 200, 404]
    told = [each.message for each in caplog.records if each.name == "ec_builds.services.kept"]
    assert [each.partition(":")[0] for each in told] == [
        "The storage does not answer", "The storage answers again",
    ]


def test_an_answer_that_cannot_be_begun_is_not_begun(client, addresses, monkeypatch):
    class Broken(io.BytesIO):
        def read(self, *arguments):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(FolderStorage, "open", lambda self, key: Broken(b"bytes"))

    for each in addresses[:4]:
        assert refused(client.get(each)) == (503, 3003, "5")


def test_files_of_what_was_deleted_meanwhile_go_later(
    client, platform, build, runtime, config, away, caplog
):
    kept, gone = build(platform), build(platform)
    turn = runtime.executor.reconciler.turn
    away()
    client.delete(address(gone, "self"))
    for _ in range(3):
        turn()
    assert [each.prefix for each in Litter.select()] == [f"builds/{gone['buildID']}"]
    away(False)
    turn()

    assert Litter.select().count() == 0
    left = (config.home / "storage/builds").iterdir()
    assert [each.name for each in left] == [str(kept["buildID"])]
    assert caplog.text.count("The storage does not answer") == 1
    assert caplog.text.count("The storage answers again") == 1


def test_a_server_that_begins_without_its_storage_waits_for_it(
    client, platform, build, config, away, caplog
):
    build(platform)
    away()
    assemble(config)

    assert not (config.home / "storage").exists()
    assert "The storage does not answer" in caplog.text
    away(False)
    assert client.get("/readyz").status_code == 200
