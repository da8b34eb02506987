"""The Hathora face with the command line tools of its users, as they are from version to version.

The numbers are those of the lines of the checklist of its reference (section 11), counted through.
"""

import os

import pytest

from tests.acceptance.archives import SMALL, hopeless, shell, small
from tests.acceptance.citool import LONGEST, Tool
from tests.acceptance.hathora import REGIONS, Api, check_build, names, send
from tests.acceptance.oldtools import Direct, Form, Legacy, Parts
from tests.acceptance.pulling import files_of

pytestmark = [pytest.mark.buildah, pytest.mark.registry]
CHUNK = 100_000


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def cloud(request, make_cloud):
    return make_cloud(request.param, EC_BUILDS_UPLOAD_CHUNK_SIZE=str(CHUNK))


@pytest.fixture(scope="module")
def token(cloud):
    return cloud.token_of("ci@example.com")


@pytest.fixture
def tool(cloud, token):
    return Tool(cloud.root, token)


@pytest.fixture
def nobody(cloud):
    """The tool of somebody who has nothing yet."""
    return Tool(cloud.root, cloud.token_of(f"ci{next(names)}@example.com"))


@pytest.fixture(scope="module")
def app(cloud, token):
    client = Api(cloud.root, token)
    yield client.make_app()
    client.close()


@pytest.fixture
def archive(tmp_path):
    """A maker of files with archives."""

    def archive(content, name="server.tgz"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return archive


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with what is packed, and with what is not."""
    folder = tmp_path_factory.mktemp("game")
    (folder / "Dockerfile").write_bytes(SMALL)
    (folder / "bin").mkdir()
    (folder / "bin/server").write_bytes(b"server")
    (folder / "bin/server").chmod(0o755)
    (folder / "latest").symlink_to("bin/server")
    for name in (".env", "secrets.txt", "debug.log"):
        (folder / name).write_text("is left out")
    (folder / ".gitignore").write_text("*.log\n")
    (folder / ".dockerignore").write_text("secrets.txt\n")
    return folder


def test_43_a_file_becomes_a_build_that_is_told_copied_and_deleted(nobody, archive):
    assert nobody.call("list").text == "[ERROR] no builds found"
    ending = nobody.call("create", archive(small(os.urandom(3 * CHUNK))), tag="v1")

    assert ending.code == 0, ending.text
    assert (ending.result["status"], ending.result["buildTag"]) == ("succeeded", "v1")
    assert all(region in ending.text for region in REGIONS)
    build_id = ending.result["buildId"]
    assert nobody.call("info", build_id).result == ending.result == check_build(ending.result)
    assert nobody.call("list").result == [ending.result]
    deleted = nobody.call("delete", build_id)
    assert (deleted.code, deleted.result["code"]) == (0, 200)
    assert nobody.call("info", build_id).result["deletedAt"]
    assert nobody.call("delete", build_id).code == 1
    assert nobody.call("list").code == 1


def test_43_a_folder_becomes_an_image_with_what_is_wanted(cloud, token, app, folder):
    """By the tool that tells where the image is; the packing is the same in all."""
    ending = Parts(cloud.root, token, app).call("create", folder)

    assert ending.code == 0, ending.text
    assert ending.result["status"] == "succeeded", ending.text
    for each in ending.result["regionalContainerTags"]:
        files, _ = files_of(each["containerTag"])
        assert files["bin/server"] == files["latest"] == (b"server", 0o755)
        assert not {".env", "secrets.txt", "debug.log"} & files.keys()


def test_43_an_image_of_a_registry_becomes_a_build(cloud, token, app, tool, archive):
    direct = Direct(cloud.root, token, app)
    first = direct.info(direct.call("create", archive(small())).result["buildId"])
    host, _, path = first["regionalContainerTags"][0]["containerTag"].partition("/")

    for given in ({"image": f"{host}/{path}"}, {"image": path, "registry": host}):
        ending = tool.call("create_with_registry", **given)
        assert ending.code == 0, ending.text
        assert ending.result["status"] == "succeeded", ending.text
        assert ending.result["imageSize"] == first["imageSize"]
    for given in ({"image": f"{host}/none:1"}, {"image": "none", "registry": "127.0.0.1:9"}):
        assert tool.call("create_with_registry", **given).code == 1, "it looks at nothing else"


def test_44_a_failure_is_code_1(tool, archive):
    ending = tool.call("create", archive(hopeless()))

    assert ending.code == 1
    assert ending.said[-1] == "[ERROR] Build failed"
    assert ending.said[-2] == "Error: Dockerfile not found at archive root"


def is_refused(ending):
    """Whether the run was refused, so that the tool ended with code 1."""
    return ending.code == 1 and ending.said[-1].startswith('[ERROR] 400 {"message":')


class Tampering(Tool):
    """A tool whose second part goes elsewhere: the server refuses it."""

    def put(self, address, part):
        return super().put(f"{address}0" if address.endswith("/2") else address, part)


class Forgetful(Tool):
    """A tool that does not see the tags of its parts."""

    def put(self, address, part):
        super().put(address, part)
        return ""


class Hasty(Tool):
    """A tool whose completion goes elsewhere."""

    def complete(self, created, tags, *style):
        elsewhere = f"{created['completeUploadPostRequestUrl']}x"
        super().complete({**created, "completeUploadPostRequestUrl": elsewhere}, tags, *style)


class Cut(Tool):
    """A tool that loses its connection after the first line of a log."""

    def follow(self, answer):
        lines = answer.lines()
        self.said.append(next(lines).decode())
        lines.close()


@pytest.mark.parametrize("kind", [Tampering, Forgetful, Hasty])
def test_45_a_part_that_did_not_arrive_is_code_1(cloud, token, archive, kind):
    tool = kind(cloud.root, token)
    content = small(os.urandom(CHUNK))
    assert CHUNK < len(content) < 2 * CHUNK, "there is a second part"

    assert is_refused(tool.call("create", archive(content))), tool.said


def test_45_a_connection_that_is_cut_is_no_failure_and_the_build_ends(cloud, token, archive):
    tool = Cut(cloud.root, token)
    with cloud.gate.closed():
        ending = tool.call("create", archive(small()))
        assert (ending.code, ending.result["status"]) == (0, "running")
    builds = Api(cloud.root, token).builds("v3")
    assert builds.wait(ending.result["buildId"])["status"] == "succeeded"
    builds.api.close()


def test_45_a_long_line_does_not_stop_the_reader(tool, archive):
    line = "/bin/busybox head -c 70000 /dev/zero | /bin/busybox tr '\\000' x; echo; exit 3"
    ending = tool.call("create", archive(shell(line)))

    assert ending.said[-1] == "[ERROR] Build failed", ending.text[-2000:]
    assert max(map(len, ending.said)) < LONGEST
    assert ending.text.count("x") >= 70_000


def test_45_a_token_that_is_no_good_is_code_1(cloud, archive):
    tool = Tool(cloud.root, "hathora_org_st_nothing")

    for command in (("list",), ("info", "x"), ("delete", "x"), ("create", archive(small()))):
        ending = tool.call(*command)
        assert ending.code == 1
        assert ending.said[-1].startswith('[ERROR] 401 {"message":')


@pytest.mark.parametrize("kind", [Direct, Form, Parts], ids=["0.1.5", "0.1.10", "0.1.14"])
def test_47_the_tools_before_build_by_their_own_ways(cloud, token, app, archive, kind):
    tool = kind(cloud.root, token, app)
    ending = tool.call("create", archive(small(os.urandom(3 * CHUNK))), tag="x")

    assert ending.code == 0, ending.text
    assert ending.result["buildTag"] == "x"
    done = tool.info(ending.result["buildId"])
    assert check_build(done)["status"] == "succeeded", ending.text
    assert kind is Direct or ending.result == done
    failed = tool.call("create", archive(hopeless()))
    assert failed.code == 0, "they look at nothing"
    assert failed.said[-1].startswith("Error")
    assert tool.info(failed.result["buildId"])["status"] == "failed"


def test_47_the_legacy_tool_prints_the_log(cloud, token, app, archive):
    tool = Legacy(cloud.root, token, app)
    ending = tool.call("create", archive(small()))

    assert ending.code == 0, ending.text
    assert all(region in ending.text for region in REGIONS)
    headers = {"Authorization": f"Bearer {token}"}
    path = f"{cloud.root}builds/v1/{app}/info/{ending.result}"
    assert send("GET", path, headers=headers).json()["status"] == "succeeded"
    assert Legacy(cloud.root, token, "app-x").call("create", archive(small())).code == 1
