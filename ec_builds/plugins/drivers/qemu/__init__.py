"""Runs jobs in a virtual machine of their build, over SSH."""

import shutil
import tarfile
import tempfile
import time
from pathlib import Path

from ec_builds.errors import BuildError
from ec_builds.plugins import trees
from ec_builds.plugins.drivers.contract import Driver
from ec_builds.plugins.drivers.qemu import images, programs
from ec_builds.plugins.drivers.qemu.machine import KVM, PROGRAM, Broken, Machine, accelerators
from ec_builds.plugins.drivers.qemu.shell import USER, Shell

#: Seconds until the machine has to be ready.
PATIENCE = 5 * 60
#: Files that one artifact may be, and bytes of the list of them.
MOST, LONGEST = 1000, 1024**2
#: What has to be installed, and how.
NEEDED = {PROGRAM: "apt install qemu-system-x86", "ssh": "apt install openssh-client"}


class Qemu(Driver):
    """One machine per build, which is thrown away with all that was written in it.

    Its network is the server's: jobs reach what commands of builds reach, this machine included.
    Jobs are root, and run where root logs in. What one of them leaves running stays until the end.
    """

    type = "qemu"
    required = ("image",)

    @classmethod
    def missing(cls, settings):
        for program, install in NEEDED.items():
            if shutil.which(program) is None:
                return f"There is no {program}: {install}"
        if settings.images is None or not settings.images.is_dir():
            return f"There is no folder of images, {settings.images} (EC_BUILDS_QEMU_IMAGES)"
        return None

    def begin(self, say):
        say("Running with Driver qemu...")
        say(f"Creating machine with arch {images.ARCH}...")
        say(f"Booting machine with image {self.config['image']}...")
        if lack := self.missing(self.settings):
            raise BuildError(f"The driver qemu cannot work here. {lack}")
        image = images.find(self.settings.images, self.config["image"])
        deadline = time.monotonic() + PATIENCE
        for accelerator in accelerators():
            try:
                self.boot(image, accelerator, deadline)
                break
            except Broken:
                if accelerator != KVM:
                    raise
                self.end()
        say(f"Established SSH connection to machine as {USER}...")

    machine = shell = None

    def boot(self, image, accelerator, deadline):
        folder = Path(tempfile.mkdtemp(prefix="machine-", dir=self.context.workspace))
        self.machine = Machine(self.context, folder, image, self.settings, accelerator)
        self.shell = Shell(self.context, folder)
        port = self.machine.port(deadline)
        self.shell.connect(self.machine, port, image.key, deadline)
        self.machine.close_port(port)

    def place(self, file, destination):
        self.shell.do(programs.PLACE, destination, feed=file)

    def put(self, folder, destination):
        with trees.scratch(self.context.workspace, "packed-") as place:
            pack(folder, place / "tar", self.context.check)
            self.shell.do(programs.PUT, destination, feed=place / "tar")

    def run(self, name, script):
        for key in self.variables:
            if not programs.is_variable(key):
                self.context.print(f"Failed to setenv {key}: no shell has variables of this name")
        with trees.scratch(self.context.workspace, "job-") as folder:
            program = folder / "program.sh"
            text = programs.run(name, script, self.variables)
            program.write_text(text, "utf-8", "surrogateescape")
            return self.shell.run(None, feed=program, shown=name, titled=False).exit_code

    def collect(self, source, into):
        with trees.scratch(self.context.workspace, "list-") as folder:
            found = self.find(source, folder / "list")
        copies = []
        for number, path in enumerate(sorted(found), 1):
            copies.append((shown(path), into / f"{number}.file"))
            self.shell.do(programs.FETCH, path, output=copies[-1][1])
        return copies

    def find(self, source, listed):
        """The paths that a pattern names, as the system spells bytes that are no text."""
        if source.startswith("-"):
            source = f"./{source}"
        self.shell.do(programs.LIST, source, output=listed)
        with open(listed, "rb") as file:
            found = file.read(LONGEST).split(b"\0")[:-1]
        if len(found) > MOST or listed.stat().st_size > LONGEST:
            raise BuildError(f"it names more than {MOST} files")
        return [path.decode("utf-8", "surrogateescape") for path in found]

    def end(self):
        for each in (self.shell, self.machine):
            if each is not None:
                each.end()


def pack(folder, file, check):
    """Pack a folder, as root's."""

    def owned(member):
        check()
        member.uid, member.gid, member.uname, member.gname = 0, 0, "root", "root"
        return member

    with tarfile.open(file, "w", format=tarfile.GNU_FORMAT) as packed:
        packed.add(folder, ".", filter=owned)


def shown(path):
    """A path as it was found, as text."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace").removeprefix("./")
