"""Images that are built, in a real sandbox, and pushed to a real registry."""

import contextlib
import gzip
import io
import json
import os
import subprocess
import tarfile
from dataclasses import replace

import pytest

from ec_builds.engine import process
from ec_builds.engine.masking import Masks
from ec_builds.engine.output import NoLog, Output
from ec_builds.engine.sandbox import Cell, Job, choose
from ec_builds.engine.sandbox.identities import STRANGERS
from ec_builds.engine.workspace import remove
from ec_builds.errors import BuildError
from ec_builds.network import Network
from ec_builds.oci import Region
from ec_builds.oci.manifest import Manifest
from ec_builds.plugins.builders import buildah, sayings
from ec_builds.plugins.builders.buildah import LONGEST
from ec_builds.plugins.builders.contract import ImageSettings
from ec_builds.plugins.contract import Outcome
from ec_builds.plugins.platforms.container_image import ContainerImage
from tests import images
from tests.plugins.conftest import FakeContext, Stopped
from tests.registries import registry as running

#: What steps look for, and what they must not find.
CANARY = "a secret of the server"
#: Leads a program out of the folder that it was put into, as root may do there.
ESCAPE = """
#include <unistd.h>
#include <sys/stat.h>
int main(int count, char **words) {
    mkdir("/inner", 0755);
    chroot("/inner");
    for (int step = 0; step < 50; step++) chdir("..");
    chroot(".");
    return execv(words[1], words + 1);
}
"""
STEPS = """\
ARG WORD
RUN echo "word $WORD"; mkdir /etc /work; echo joe:x:1000:1000::/:/bin/sh > /etc/passwd
RUN echo "map $(cat /proc/self/uid_map)"; chown joe /work
COPY --chown=1000:1000 hello.txt /work/
RUN echo "host $(ps | grep -c 'sleep 60[.]6') $(env | grep -c 'a secret')"
COPY escape /escape
RUN /escape /bin/sh -c 'cat {canary} || echo "no canary"; cat {home}/* || echo "no home"'
RUN /escape /bin/sh -c 'touch /usr/here || echo "no writing"'
RUN /escape /bin/sh -c 'mount -t tmpfs x /tmp || echo "no mounts"'
RUN /escape /bin/sh -c 'kill -9 1; cat /proc/1/environ || echo "no environment"'
RUN head -c 1100000 /dev/zero | tr '\\0' x
RUN --mount=type=bind,source=hello.txt,target=/given echo "given $(cat /given)"
USER joe
RUN echo "I am $(id -u)"; echo mine > /work/mine
CMD ["/bin/sh"]
"""


class Fenced(FakeContext):
    """Runs commands in the sandbox of a server."""

    def __init__(self, workspace, network, kind="bubblewrap"):
        super().__init__(workspace, network)
        self.sandbox, self.output = choose(kind), b""
        self.cell = Cell(self.sandbox, workspace)
        self.facts |= {"imageRepository": "games/app", "imageTag": "12"}

    def run(self, command, cwd=None, environment=None, fenced=True, nested=False, **options):
        self.commands.append((command, options))
        log = NoLog()
        log.write = self.hear
        job = Job(
            [str(each) for each in command], cwd or self.workspace,
            self.sandbox.environment(self.workspace, environment), self.workspace, fenced,
            nested=nested,
        )
        return process.run(
            self.cell, job, 60, self.check, "it", Output(Masks(), log), lambda step: None
        )

    def hear(self, text):
        self.output += text

    def original(self):
        return None

    def expect_image(self, *arguments):
        """Nothing is written down here."""

    def action(self, message, done, **info):
        self.notes.append(done)
        return contextlib.nullcontext({})


@pytest.fixture
def made(tmp_path, network):
    """A maker of contexts in a sandbox, whose code is a Dockerfile with steps."""
    contexts = []

    def made(steps, begin=images.BEGIN, regions=(Region("Seattle", "127.0.0.1:1"),)):
        contexts.append(Fenced(tmp_path / f"builds-{len(contexts)}", network))
        context = contexts[-1]
        context.images = ImageSettings("buildah", regions, network=Network(private="allow"))
        images.write(context.code, steps, begin)
        return context

    yield made
    for each in contexts:
        each.cell.close()
        each.sandbox.groups.close()


def failure(context, config=None):
    with pytest.raises(BuildError) as failed:
        ContainerImage().build(config or {}, context)
    return str(failed.value)


@pytest.mark.buildah
@pytest.mark.registry
def test_an_image_is_built_where_nothing_of_the_server_is_and_pushed(
    made, tmp_path, monkeypatch, tmp_path_factory
):
    canary = tmp_path_factory.mktemp("home") / "canary"
    canary.write_text(CANARY)
    monkeypatch.setenv("CANARY", CANARY)
    with running(tmp_path / "registry") as stand:
        regions = tuple(
            Region(name, stand.host, prefix, is_plain=True)
            for name, prefix in (("Seattle", ""), ("London", "eu"))
        )
        context = made(STEPS.format(canary=canary, home=os.path.expanduser("~")), regions=regions)
        (context.code / "hello.txt").write_text("hello\n")
        (context.code / "escape.c").write_text(ESCAPE)
        subprocess.run(
            ["cc", "-static", "-o", context.code / "escape", context.code / "escape.c"], check=True
        )
        watched = subprocess.Popen(["sleep", "60.6"])
        try:
            image = ContainerImage().build({"buildArgs": {"WORD": "swordfish"}}, context)
        finally:
            watched.kill()
            watched.wait()
        manifests = [stand.manifest(name, "12") for name in ("games/app", "eu/games/app")]
        files = unpacked(stand, "games/app", json.loads(manifests[0]))

    assert image.references == (
        ("Seattle", f"{stand.host}/games/app:12"), ("London", f"{stand.host}/eu/games/app:12"),
    )
    assert manifests[0] == manifests[1] and image.size > 100_000
    assert files["work/hello.txt"] == (1000, b"hello\n") and files["work/mine"] == (1000, b"mine\n")
    assert files["bin/busybox"][0] == 0
    keeps_its_promises(context.output.decode())
    assert not any("swordfish" in options["shown"] for _, options in context.commands)
    assert [line for line in context.printed if "Seattle" in line][-1].startswith("Pushed to")


def config_of(stand, repository):
    """What an image in a registry says of itself."""
    manifest = Manifest.read(stand.manifest(repository, "12"))
    with stand.client.blob(repository, manifest.config) as pieces:
        return json.loads(b"".join(pieces))


def unpacked(stand, repository, manifest):
    """The files of an image in a registry, each with its owner and its content."""
    files = {}
    for layer in Manifest.read(json.dumps(manifest).encode()).layers:
        with stand.client.blob(repository, layer) as pieces:
            packed = gzip.decompress(b"".join(pieces))
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            for entry in archive:
                content = archive.extractfile(entry).read() if entry.isfile() else None
                files[entry.name] = entry.uid, content
    return files


def keeps_its_promises(output):
    """What steps have found out."""
    for line in (
        "word swordfish", "host 0 0", "no canary", "no home", "no writing", "no mounts",
        "no environment", "I am 1000", "given hello", "x" * LONGEST,
    ):
        assert f"\n{line}\n" in output
    root = next(line for line in output.splitlines() if line.startswith("map ")).split()[2]
    assert root == str(STRANGERS if os.geteuid() == 0 else 0)
    assert output.count("x") > 1_000_000 and "x" * (LONGEST + 1) not in output
    assert CANARY not in output
    for noise in ("Getting image source", "Copying blob", "Storing signatures", "TARGETARCH"):
        assert noise not in output


@pytest.fixture
def docker_io(made, tmp_path, monkeypatch):
    """A registry that stands in for Docker's, with an image `base` of two tags."""
    with running(tmp_path / "docker.io") as stand:
        context = made("", regions=(Region("Seattle", stand.host, "library", is_plain=True),))
        for tag in ("latest", "12"):
            context.facts |= {"imageRepository": "base", "imageTag": tag}
            ContainerImage().build({}, context)
            for name in ("image", "buildah-work"):
                remove(context.workspace / name)
        instead = f'[[registry]]\nprefix="docker.io"\nlocation="{stand.host}"\ninsecure=true\n'
        added = [
            (name, path, text + instead * (path == "registries.conf"))
            for name, path, text in buildah.FILES
        ]
        monkeypatch.setattr(buildah, "FILES", added)
        yield stand


@pytest.mark.buildah
@pytest.mark.registry
@pytest.mark.parametrize(
    "builder", ["buildah", pytest.param("podman", marks=pytest.mark.podman)]
)
def test_short_names_are_found_and_all_that_a_dockerfile_says_is_kept(made, docker_io, builder):
    copies = "COPY --from=base /bin/busybox /a\nCOPY --from=base:12 /bin/busybox /b\n"
    steps = f"HEALTHCHECK CMD true\n{copies}"
    regions = (Region("Seattle", docker_io.host, is_plain=True),)
    context = made(f"RUN echo first\nFROM base:12\n{steps}", "FROM base\n", regions)
    context.images = replace(context.images, builder=builder)

    ContainerImage().build({}, context)

    assert "Healthcheck" in config_of(docker_io, "games/app")["config"]
    assert "Resolving" not in context.output.decode()


@pytest.mark.buildah
@pytest.mark.parametrize(
    "steps, begin, told",
    [
        ("RUN exit 3\n", images.BEGIN, "The step “RUN exit 3” ended with exit code 3"),
        ("", "FRM scratch\n", "The image cannot be built: no FROM statement found"),
        ("RUN true\n", "FROM scratch\n", "“RUN true” cannot be run: /bin/sh is not in the image"),
        ("COPPY a b\n", images.BEGIN, "The image cannot be built: unknown instruction COPPY"),
        ("", "FROM dir:/etc\n", "no such file"),
        ("", "FROM oci-archive:/etc/passwd\n", "The image cannot be built: "),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(made, steps, begin, told):
    context = made(steps, begin)

    sentence = failure(context)

    assert told in sentence
    assert str(context.workspace) not in sentence
    for noise in ("imagebuilder", "UNHANDLED", "directoryprocess", "not started"):
        assert noise not in context.output.decode()


@pytest.mark.buildah
def test_nothing_is_left_that_the_server_cannot_remove(made):
    context = made("RUN mkdir -p /a/b && chown -R 1000:1000 /a && chmod 700 /a && exit 1\n")
    failure(context)

    context.cell.disk.measure()
    remove(context.workspace)

    assert not context.workspace.exists()


@pytest.mark.buildah
def test_a_build_that_is_stopped_is_gone(made):
    context = made("RUN echo begun; sleep 77.7\n")
    context.stop = lambda: b"begun" in context.output

    with pytest.raises(Stopped):
        ContainerImage().build({}, context)

    assert not subprocess.run(["pgrep", "-f", "sleep 77.7"], capture_output=True).stdout


@pytest.mark.parametrize(
    "path, make, told",
    [
        ("Dockerfile", lambda at: None, "Dockerfile not found at archive root"),
        ("Dockerfile", lambda at: at.mkdir(), "is not a file"),
        ("Dockerfile", lambda at: os.mkfifo(at), "is not a file"),
        ("Dockerfile", lambda at: at.symlink_to("/etc/passwd"), "leads out of the code"),
        ("Dockerfile", lambda at: at.symlink_to("../secret"), "leads out of the code"),
        ("Dockerfile", lambda at: at.symlink_to("Dockerfile"), "cannot be read"),
        ("Dockerfile", lambda at: at.write_bytes(b"\x7fELF\0\0"), "is not text"),
        ("Dockerfile", lambda at: at.write_bytes(b"#" * 2**21), "is larger than 1048576 bytes"),
        ("Other", lambda at: None, "There is no dockerfile “Other” in the context"),
    ],
)
def test_a_dockerfile_that_is_none_is_told_before_anything_is_run(context, path, make, told):
    context.images = ImageSettings(regions=(Region("Seattle", "127.0.0.1:1"),))
    context.original = lambda: None
    make(context.code / path)

    assert told in failure(context, {"dockerfile": path} if path != "Dockerfile" else {})
    assert not context.commands


@pytest.mark.parametrize(
    "names, told",
    [
        (["server/Dockerfile"], "; there is one in “server/”: pack the contents of that folder"),
        (["a/Dockerfile", "b/Dockerfile"], ""),
        (["a/b/Dockerfile"], ""),
    ],
)
def test_a_dockerfile_that_is_in_a_folder_is_pointed_to(context, names, told):
    context.images = ImageSettings(regions=(Region("Seattle", "127.0.0.1:1"),))
    context.original = lambda: None
    for name in names:
        (context.code / name).parent.mkdir(parents=True)
        (context.code / name).touch()

    assert failure(context) == f"Dockerfile not found at archive root{told}"


@pytest.mark.parametrize("place", ["../x", "a/../../x"])
def test_a_context_leads_nowhere_else(context, place):
    context.images = ImageSettings(regions=(Region("Seattle", "127.0.0.1:1"),))
    context.original = lambda: None

    assert "leads out of its folder" in failure(context, {"context": place})


def test_without_regions_the_operator_is_named(context):
    context.images = ImageSettings()

    assert failure(context) == (
        "This server has no regional registries; its operator sets EC_BUILDS_REGISTRIES"
    )


@pytest.mark.parametrize(
    "printed, told",
    [
        (
            'Error: building at STEP "RUN a && b": while running runtime: exit status 127\n',
            "The step “RUN a && b” ended with exit code 127",
        ),
        (
            'ERROR: failed to solve: process "/bin/sh -c exit 5" did not complete successfully: '
            "exit code: 5",
            "The step “/bin/sh -c exit 5” ended with exit code 5",
        ),
        (
            'exec: "sh": executable file not found in $PATH\n'
            'Error: building at STEP "RUN a": exit status 1\n',
            "The step “RUN a” cannot be run: sh is not in the image, or what runs it is not",
        ),
        (
            "ERROR: dockerfile parse error on line 2: unknown instruction: COPPY",
            "The image cannot be built: unknown instruction COPPY",
        ),
        (f"Error: {'long ' * 100}", f"The image cannot be built: {'long ' * 60}…"),
        ("Error: no FROM\nend", "The image cannot be built: no FROM"),
        ("", "The image cannot be built: it ended with exit code 9"),
        ("Error: /w/x/Dockerfile is odd", "The image cannot be built: x/Dockerfile is odd"),
    ],
)
def test_builders_are_understood(printed, told):
    assert sayings.told(Outcome("build", 9, printed, 0.1), "/w") == told
