"""Runs of the Hathora face: the log while a build runs, what becomes of it, and copies of images.

The numbers are those of the lines of the checklist of its reference (section 11), counted through.
A gate before the registry of the second region holds builds up, so that nobody has to be quick.
"""

import base64
import io
import subprocess
import tarfile

import pytest

from ec_builds.oci import Reference, copy
from tests import registries
from tests.acceptance.archives import LINK, OCTETS, SMALL, file, hopeless, shell, small, tgz
from tests.acceptance.citool import LONGEST, pack
from tests.acceptance.hathora import KINDS, REGIONS, Api, names
from tests.acceptance.pulling import files_of, size_of
from tests.acceptance.server import wait_until

pytestmark = [pytest.mark.buildah, pytest.mark.registry]
FAILING = {
    "a failing step": tgz({"Dockerfile": SMALL + b'RUN ["/server"]\n', "server": b"no program"}),
    "no Dockerfile": hopeless(),
    "an unknown instruction": tgz({"Dockerfile": b"FROM scratch\nFLY away\n"}),
    "nothing to copy": tgz({"Dockerfile": b"FROM scratch\nCOPY none /\n"}),
    "an empty Dockerfile": tgz({"Dockerfile": b""}),
    "an empty archive": tgz({}),
}


@pytest.fixture(scope="module")
def cloud(make_cloud):
    return make_cloud("sqlite")


@pytest.fixture(scope="module")
def clients(cloud):
    """A maker of clients of users who have nothing yet."""
    made = []

    def clients(server=cloud):
        made.append(Api(server.root, server.token_of(f"runner{next(names)}@example.com")))
        return made[-1]

    yield clients
    for client in made:
        client.close()


@pytest.fixture(scope="module")
def api(clients):
    return clients()


@pytest.fixture(scope="module")
def third(api):
    return api.builds("v3")


class Held:
    """What was seen of a build before it could end, and after."""

    def __init__(self, gate, builds, other):
        archive = small()
        options = {} if builds.version == "v3" else {"files": file(archive)}
        self.created = builds.uploaded(archive) if builds.version == "v3" else builds.create()
        self.build_id = self.created["buildId"]
        with gate.closed(), builds.running(self.build_id, **options) as log:
            self.headers, self.first = log.headers, next(log)
            log.until(REGIONS[1])
            self.running = other.read(self.build_id)
            self.again = other.api.refused("POST", other.path_of("run", self.build_id), 400)
            self.delete = other.api.refused("DELETE", other.path_to_delete(self.build_id), 422)
            gate.open()
            self.log = log.end()
        self.done = other.read(self.build_id)


@pytest.fixture(scope="module", params=["v1", "v2", "v3"])
def held(request, cloud, clients):
    """A build of each version that was held up while it ran, and looked at by another client."""
    builds = clients().builds(request.param)
    with_others = Api(cloud.root, builds.api.token)
    other = with_others.builds(request.param, getattr(builds, "app", None))
    yield Held(cloud.gate, builds, other)
    with_others.close()


def version_of(held):
    return "v3" if "orgId" in held.created else None


def test_32_the_log_begins_before_the_build_ends(held):
    assert held.first
    assert held.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in held.headers
    kind = held.headers["Content-Type"].partition(";")[0]
    assert kind in KINDS.values()
    assert (kind == OCTETS) or version_of(held) is None
    assert "Content-Encoding" not in held.headers


def test_33_others_see_that_it_runs_and_what_becomes_of_it(held):
    assert held.running["status"] == "running"
    assert held.running["startedAt"] and not held.running["finishedAt"]
    assert held.done["status"] == "succeeded", held.log.text
    assert held.done["startedAt"] == held.running["startedAt"]


def test_33_the_log_tells_of_every_step(held):
    assert "COPY" in held.log.text
    assert all(region in held.log.text for region in REGIONS)
    assert all(line == line.rstrip("\r") for line in held.log.lines)
    assert not any(line.startswith("Error") for line in held.log.lines)


def test_38_a_build_is_run_once_and_not_deleted_meanwhile(held, cloud):
    assert held.again and held.delete


@pytest.mark.parametrize("reason", FAILING)
def test_34_a_failure_is_told_at_the_end_of_the_log(third, reason):
    log, build = third.outcome(FAILING[reason])

    assert build["status"] == "failed", log.text
    assert (build["imageSize"], bool(build["finishedAt"])) == (0, True)
    assert log.lines[-1].startswith("Error"), log.text
    if reason == "no Dockerfile":
        assert log.lines[-1] == "Error: Dockerfile not found at archive root"
    message = third.api.refused("POST", third.path_of("run", build["buildId"]), 400)
    assert message


def test_34_a_registry_that_takes_no_image_is_a_failure(cloud, api, guarded):
    """The second of two; nothing is told of the first."""
    builds = api.builds("v1")
    build_id = builds.create()["buildId"]

    with cloud.gate.leading(guarded.host):
        log = builds.run(build_id, files=file(small()))
    assert log.lines[-1].startswith("Error"), log.text
    assert "registry" in log.lines[-1]
    build = builds.read(build_id)
    assert (build["status"], build["regionalContainerTags"]) == ("failed", [])


def test_35_a_build_ends_without_a_reader(cloud, clients):
    builds = clients().builds("v1")
    build_id = builds.create()["buildId"]

    with cloud.gate.closed():
        with builds.running(build_id, files=file(small())) as log:
            next(log)
        assert builds.read(build_id)["status"] == "running"
    assert builds.wait(build_id)["status"] == "succeeded"


@pytest.mark.long
def test_36_a_silent_build_has_heartbeats(cloud, third):
    created = third.uploaded(small())

    with cloud.gate.closed(), third.running(created["buildId"]) as log:
        log.until(REGIONS[1])
        next(log)
        assert third.read(created["buildId"])["status"] == "running"
        cloud.gate.open()
        log.end()
    assert third.read(created["buildId"])["status"] == "succeeded"


@pytest.fixture(scope="module")
def loud(third):
    """A build of which a step prints a line of a million letters."""
    steps = (
        "/bin/busybox head -c 1000000 /dev/zero | /bin/busybox tr '\\000' x; echo",
        "echo it was heard > /heard; /bin/busybox printf 'half\\rwhole\\r\\n'",
    )
    created = third.uploaded(shell(*steps))
    return third.run(created["buildId"]), third.read(created["buildId"])


def test_37_a_long_line_is_cut(loud):
    log, build = loud

    assert build["status"] == "succeeded", log.text[-2000:]
    assert max(len(line.encode()) for line in log.lines) < LONGEST
    assert log.text.count("x") >= 1_000_000


def test_37_a_return_within_a_line_stays(loud):
    log, _ = loud

    assert "half\rwhole" in log.lines


@pytest.mark.parametrize("ending", ["terminate", "kill"])
def test_38_a_build_is_over_when_its_server_is(make_cloud, clients, ending):
    cloud = make_cloud("sqlite")
    builds = clients(cloud).builds("v3")
    build_id = builds.uploaded(small())["buildId"]
    waiting = builds.uploaded(hopeless())["buildId"]
    with cloud.gate.closed():
        with builds.running(build_id) as log:
            log.until(REGIONS[1])
            getattr(cloud.process, ending)()
            cloud.process.wait()
        builds.api.root = cloud.start().root.rstrip("/")
        build = builds.wait(build_id)

    assert (build["status"], bool(build["finishedAt"])) == ("failed", True)
    builds.api.refused("POST", builds.path_of("run", build_id), 400)
    assert builds.run(waiting).lines[-1].startswith("Error"), "an upload outlives a restart"
    assert builds.read(build_id)["status"] == "failed"


FOLDER = {
    "Dockerfile": (SMALL, 0o644), "server": (b"#!server\n", 0o755),
    "maps/de/dust": (b"dust", 0o600), "maps/empty": (b"", 0o644),
}


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """Archives of one folder, as different clients make them."""
    folder = tmp_path_factory.mktemp("folder")
    for name, (content, mode) in FOLDER.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
    (folder / "latest").symlink_to("maps/de/dust")
    tar = ["tar", "-C", str(folder), "-czf", "-"]
    plain = subprocess.run([*tar, "."], check=True, capture_output=True).stdout
    listed = sorted(each.name for each in folder.iterdir())
    bare = subprocess.run([*tar, *listed], check=True, capture_output=True).stdout
    return {"the CI tool": pack(folder), "tar of a folder": plain, "tar of names": bare}


def test_39_archives_of_all_clients_become_the_same_image(api, shapes):
    builds, found = api.builds("v2"), {}
    for name, archive in shapes.items():
        build_id = builds.create()["buildId"]
        log = builds.run(build_id, files=file(archive))
        build = builds.read(build_id)
        assert build["status"] == "succeeded", log.text
        images = [files_of(each["containerTag"]) for each in build["regionalContainerTags"]]
        assert images[0] == images[1], "the regions have the same"
        files, manifest = images[0]
        assert size_of(manifest) == build["imageSize"]
        found[name] = files
    assert found["tar of a folder"] == found["tar of names"]
    assert found["tar of names"].pop("latest") == (LINK, "maps/de/dust")
    assert found["the CI tool"].pop("latest") == (b"dust", 0o600)
    assert found["the CI tool"] == found["tar of names"]
    assert {name: found["tar of names"][name] for name in FOLDER} == FOLDER


# copies of images of other registries

@pytest.fixture(scope="module")
def image(api):
    """An image in a registry: the registry's host, and the image's repository and tag."""
    builds = api.builds("v1")
    build_id = builds.create()["buildId"]
    builds.run(build_id, files=file(small(b"to be copied")))
    tag = builds.read(build_id)["regionalContainerTags"][0]["containerTag"]
    return tag.partition("/")[0], tag.partition("/")[2]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, api, image):
    """A registry that asks for a password, with an image that was copied by hand."""
    with registries.registry(tmp_path_factory.mktemp("guarded") / "r", has_login=True) as stand:
        reference = Reference.read(image[1], image[0])
        source = registries.Stand(image[0]).client
        copy(source, reference, stand.client, "team/server", "7", lambda: None, lambda text: None)
        yield stand


SPELLINGS = {
    "the host in the image": lambda host, path: {"image": f"{host}/{path}"},
    "the host beside it": lambda host, path: {"image": path, "registryUrl": host},
    "the host twice": lambda host, path: {"image": f"{host}/{path}", "registryUrl": host},
    "an address": lambda host, path: {"image": path, "registryUrl": f"http://{host}/"},
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_40_an_image_is_copied_however_it_is_spelled(third, image, spelling):
    log, build = third.copy(**SPELLINGS[spelling](*image))

    assert build["status"] == "succeeded", log.text
    assert build["imageSize"] > 0
    assert build["contentHash"]


def test_40_an_image_is_copied_by_its_digest(third, image):
    _, first = third.copy(**SPELLINGS["the host in the image"](*image))
    repository = image[1].rpartition(":")[0]
    digest = first["contentHash"]
    digest = digest if digest.startswith("sha256:") else f"sha256:{digest}"

    _, build = third.copy(image=f"{repository}@{digest}", registryUrl=image[0])
    assert (build["status"], build["imageSize"]) == ("succeeded", first["imageSize"])


def secret_of(stand):
    return f"{stand.login.user}:{stand.login.password}"


def test_40_42_an_image_is_copied_with_a_password_that_nobody_is_told(cloud, third, guarded):
    auth = base64.b64encode(secret_of(guarded).encode()).decode()
    log, build = third.copy(image=f"{guarded.host}/team/server:7", auth=auth)

    assert build["status"] == "succeeded", log.text
    told = f"{log.text}{build}{third.list()}{cloud.said()}"
    kept = b"".join(each.read_bytes() for each in cloud.home.rglob("*") if each.is_file())
    for secret in (auth, guarded.login.password):
        assert secret not in told
        assert secret.encode() not in kept


def refused(builds, *statuses, **config):
    """The message by which a copy is refused before it begins; it can be tried again."""
    created = builds.create_registry()
    path = builds.path_of("runRegistry", created["buildId"])
    message = builds.api.refused("POST", path, *statuses, json=config)
    assert builds.read(created["buildId"])["status"] == "created"
    return message


def test_41_what_cannot_be_copied_is_refused_before_anything(cloud, third, image, guarded):
    host, path = image
    auth = base64.b64encode(b"ada:wrong-password").decode()
    for config in (
        {"image": f"{host}/first/none:1"},
        {"image": f"{path.rpartition(':')[0]}:none", "registryUrl": host},
        {"image": "127.0.0.1:9/none"},
        {"image": "none", "registryUrl": "127.0.0.1:9"},
        {"image": f"{guarded.host}/team/server:7"},
        {"image": f"{guarded.host}/team/server:7", "auth": auth},
        {"image": f"{guarded.host}/team/server:7", "auth": "no-such-token"},
    ):
        message = refused(third, 400, 404, 422, **config)
        assert config.get("auth", "wrong-password") not in message
    assert auth not in cloud.said() and "wrong-password" not in cloud.said()


@pytest.mark.parametrize("config", [
    {}, {"image": ""}, {"image": 5}, {"image": None}, {"image": "x", "registryUrl": 5},
    {"image": "x", "auth": 5}, {"image": "UPPER/case", "registryUrl": "127.0.0.1:9"},
    {"image": "a b", "registryUrl": "127.0.0.1:9"},
    {"image": "x@sha256:12", "registryUrl": "127.0.0.1:9"},
    {"image": "../../x", "registryUrl": "127.0.0.1:9"},
    {"image": "x", "registryUrl": "file:///etc"},
    {"image": "x", "registryUrl": "http://user:password@127.0.0.1:9"},
])
def test_41_what_is_no_name_of_an_image_is_refused(third, config):
    refused(third, 400, 422, **config)


def test_41_a_build_is_run_in_the_way_it_was_created_for(third, image):
    copy, archive = third.create_registry(), third.uploaded(hopeless())

    third.api.refused("POST", third.path_of("run", copy["buildId"]), 400)
    path = third.path_of("runRegistry", archive["buildId"])
    third.api.refused("POST", path, 400, json={"image": f"{image[0]}/{image[1]}"})
    assert third.read(copy["buildId"])["status"] == "created"
    assert third.read(archive["buildId"])["status"] == "created"


# what becomes of images

def test_17_the_image_of_a_deleted_build_is_dropped(cloud, api):
    builds = api.builds("v1")
    build_id = builds.create()["buildId"]
    builds.run(build_id, files=file(small()))
    builds.delete(build_id)

    build = builds.read(build_id)
    assert build["status"] == "succeeded"
    assert build["regionalContainerTags"] == []


def test_an_archive_that_unpacks_to_more_than_is_allowed_is_a_failure(make_cloud, clients):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("zeros")
        entry.size = 30_000_000
        archive.addfile(entry, io.BytesIO(bytes(entry.size)))
    cloud = make_cloud("sqlite", EC_BUILDS_LIMIT_WORKSPACE="10000000")
    builds = clients(cloud).builds("v3")

    log, build = builds.outcome(packed.getvalue())
    assert build["status"] == "failed"
    assert log.lines[-1].startswith("Error"), log.text
    assert wait_until(lambda: builds.read(build["buildId"])["finishedAt"])
