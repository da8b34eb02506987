"""What a machine may lack for some tests: these are left out, and the end says so in a line."""

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from contextlib import contextmanager

from ec_builds.engine.sandbox import cgroups, choose
from ec_builds.errors import UsageError
from tests.containers import lacks_podman
from tests.images import lacks_builder
from tests.plugins import tiny_image
from tests.registries import lacks_registry

#: What makes a disk of some megabytes in a folder, and what takes it away.
MOUNT, UNMOUNT = "mount -t tmpfs -o size={}m tmpfs {}", "umount --lazy {}"

#: What makes an internet of one's own: any user may do it where bubblewrap works.
NAMESPACE = (
    "bwrap", "--unshare-user", "--uid", "0", "--gid", "0", "--unshare-net", "--unshare-pid",
    "--cap-add", "CAP_NET_ADMIN", "--cap-add", "CAP_NET_BIND_SERVICE", "--die-with-parent",
    "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc",
)

#: What boots a virtual machine, and what makes its disk.
MACHINE = ("qemu-system-x86_64", "ssh", "apt-get", "dpkg-deb")

#: What the official client needs, and what of it is not here.
NODE = [program for program in ("node", "npm") if shutil.which(program) is None]


def lacks_bubblewrap():
    try:
        choose("bubblewrap")
    except UsageError:
        return True
    return False


def lacks_mounting():
    """Whether no small disk can be made to be filled."""
    if shutil.which("mount") is None:
        return True
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(MOUNT.format(1, folder).split(), capture_output=True).returncode:
            return True
        subprocess.run(UNMOUNT.format(folder).split(), check=True)
    return False


def lacks_internet():
    """Whether no network namespace can be made, with addresses of one's own."""
    if shutil.which(NAMESPACE[0]) is None or not os.path.exists("/etc/resolv.conf"):
        return True
    return subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode != 0


@contextmanager
def mounted(folder, megabytes):
    """A small disk in a new folder, until the end of the block."""
    folder.mkdir()
    subprocess.run(MOUNT.format(megabytes, folder).split(), check=True)
    try:
        yield folder
    finally:
        subprocess.run(UNMOUNT.format(folder).split(), check=True)


def find_sshd():
    """OpenSSH's server, which is not in the path of most users; None if it cannot be run here."""
    found = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    return found if found and shutil.which("ssh") else None


def is_defenceless():
    """Whether nothing would bound a fork bomb that is not in a sandbox: root has no limits."""
    return os.geteuid() == 0 and not cgroups.find()


def lacks_machine():
    """Whether no virtual machine can be booted, or no disk be made for it."""
    if not all(map(shutil.which, MACHINE)):
        return True
    known = subprocess.run(["apt-cache", "show", tiny_image.KERNEL], capture_output=True)
    return known.returncode != 0


def is_wanted(marker, items):
    """Whether it is worth a second to find out."""
    return any(item.get_closest_marker(marker) for item in items)


def reasons(lacking):
    """What each test lacks, as a function of the test."""

    def reason(item):
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if item.get_closest_marker("long") and lacking["long"]:
            return "for they take minutes; --long runs them"
        if "bubblewrap" in values and lacking["bubblewrap"]:
            return "for this machine lacks a bubblewrap that works"
        if item.get_closest_marker("internet") and lacking["internet"]:
            return "for this machine lacks the right to make an internet of its own"
        if "bsdtar" in values and lacking["bsdtar"]:
            return "for this machine lacks bsdtar"
        if item.get_closest_marker("sshd") and lacking["sshd"]:
            return "for this machine lacks OpenSSH's server"
        if item.get_closest_marker("qemu") and lacking["qemu"]:
            return "for this machine lacks qemu, or Debian's packages to make an image of"
        if item.get_closest_marker("registry") and lacking["registry"]:
            return "for this machine lacks docker-registry"
        if item.get_closest_marker("podman") and lacking["podman"]:
            return "for this machine lacks a Podman that works, or a static busybox"
        if item.get_closest_marker("buildah") and lacking["buildah"]:
            return "for this machine lacks buildah, or a bubblewrap that works, or a static busybox"
        if item.get_closest_marker("mount") and lacking["mounting"]:
            return "for this machine lacks the right to mount a disk"
        if item.get_closest_marker("bomb") and "process" in values and lacking["bounds"]:
            return "for root must not try fork bombs without control groups, which are lacking here"
        return None

    return reason


def leave_out(config, items):
    """Take the tests away that cannot be run here, and the long ones unless they are asked for."""
    reason = reasons(
        {
            "bubblewrap": lacks_bubblewrap(),
            "mounting": lacks_mounting(),
            "internet": lacks_internet(),
            "bsdtar": shutil.which("bsdtar") is None,
            "sshd": find_sshd() is None,
            "qemu": is_wanted("qemu", items) and lacks_machine(),
            "registry": lacks_registry(),
            "podman": is_wanted("podman", items) and lacks_podman(),
            "buildah": is_wanted("buildah", items) and (lacks_builder() or lacks_bubblewrap()),
            "bounds": is_defenceless(),
            "long": not config.getoption("--long"),
        }
    )
    lacking = {item: reason(item) for item in items}
    config.left_out = Counter(told for told in lacking.values() if told)
    if hasattr(config, "workeroutput"):  # a process of several, whose terminal is another one's
        config.workeroutput["left_out"] = dict(config.left_out)
    config.hook.pytest_deselected(items=[item for item, told in lacking.items() if told])
    items[:] = [item for item, told in lacking.items() if not told]


def hear(node):
    """Keep what a process has left out; each looks at all tests, so all say the same."""
    if hasattr(node, "workeroutput"):  # else it has died
        node.config.left_out = node.workeroutput["left_out"]


def tell(terminal, config):
    """The lines about what was left out."""
    for told, number in getattr(config, "left_out", {}).items():
        terminal.write_line(f"{number} tests were left out, {told}.")
    if NODE:
        told = f"for want of {' and '.join(NODE)}"
        terminal.write_line(f"The tests of the official client were left out, {told}.")
