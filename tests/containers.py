"""A Podman of the tests' own, that knows of nothing else on this machine, and an image for it."""

import io
import os
import shutil
import subprocess
import tarfile
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from ec_builds.plugins.drivers import engines

#: What the image is called, and what there is in it.
IMAGE = "localhost/tests/busybox:1"
APPLETS = ("sh", "cat", "ln", "ls", "mkdir", "mkfifo", "sleep")
CONTAINERS = """
[engine]
runtime = "{runtime}"
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "{folder}/tmp"
"""
STORAGE = """
[storage]
driver = "vfs"
graphroot = "{folder}/kept"
runroot = "{folder}/run"
"""


@contextmanager
def podman():
    """An engine with the image; the server's environment leads to it until the end of the block."""
    with TemporaryDirectory(prefix="podman-", ignore_cleanup_errors=True) as folder:
        with mock.patch.dict(os.environ, environment(Path(folder))):
            yield engines.PODMAN
            engines.PODMAN.ask("rm", "--force", "--all")


def environment(folder):
    """The variables by which Podman keeps everything in a folder."""
    runtime = next(filter(shutil.which, ("runc", "crun")), "runc")
    files = {"CONTAINERS_CONF": CONTAINERS, "CONTAINERS_STORAGE_CONF": STORAGE}
    for name, text in files.items():
        (folder / name).write_text(text.format(runtime=runtime, folder=folder))
    return {name: str(folder / name) for name in files}


def add_image(engine, name=IMAGE, applets=APPLETS):
    """Give an engine an image with some programs of busybox."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(shutil.which("busybox"), "bin/busybox")
        for applet in applets:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    subprocess.run(
        [*engine.command, "import", "-", name],
        input=packed.getvalue(), check=True, capture_output=True,
    )


def names(engine):
    """The containers and the volumes that there are."""
    listings = (
        ("ps", "--all", "--format", "{{.Names}}"), ("volume", "ls", "--format", "{{.Name}}")
    )
    return [line for each in listings for line in engine.ask(*each).output.split()]


def lacks_podman():
    """Whether there is no Podman here that can run containers, or nothing to run in them."""
    busybox = shutil.which("busybox")
    if os.geteuid() or not busybox or not shutil.which("podman"):
        return True
    with open(busybox, "rb") as file:
        if b"/ld-" in file.read(4096):
            return True  # it would need libraries
    with podman() as engine:
        return engine.refusal(("--network", "none", *LEAST)) is not None


#: What containers ask for that is not more than this machine has.
LEAST = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000")
