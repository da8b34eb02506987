"""What a machine may lack for some tests: these are left out, and the end says so in a line."""

import os
import shutil
import subprocess
import tempfile
from collections import Counter

from ec_builds.engine.sandbox import cgroups, choose
from ec_builds.errors import UsageError

#: What makes a disk of some megabytes in a folder.
MOUNT = "mount -t tmpfs -o size={}m tmpfs {}"


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
        subprocess.run(["umount", folder], check=True)
    return False


def is_defenceless():
    """Whether nothing would bound a fork bomb that is not in a sandbox: root has no limits."""
    return os.geteuid() == 0 and not cgroups.find()


def reasons(lacking):
    """What each test lacks, as a function of the test."""

    def reason(item):
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if "bubblewrap" in values and lacking["bubblewrap"]:
            return "a bubblewrap that works"
        if "bsdtar" in values and lacking["bsdtar"]:
            return "bsdtar"
        if item.get_closest_marker("mount") and lacking["mounting"]:
            return "the right to mount a disk"
        if item.get_closest_marker("bomb") and "process" in values and lacking["bounds"]:
            return "control groups, without which root must not try fork bombs"
        return None

    return reason


def leave_out(config, items):
    """Take the tests away that cannot be run here."""
    reason = reasons(
        {
            "bubblewrap": lacks_bubblewrap(),
            "mounting": lacks_mounting(),
            "bsdtar": shutil.which("bsdtar") is None,
            "bounds": is_defenceless(),
        }
    )
    lacking = {item: reason(item) for item in items}
    config.left_out = Counter(told for told in lacking.values() if told)
    config.hook.pytest_deselected(items=[item for item, told in lacking.items() if told])
    items[:] = [item for item, told in lacking.items() if not told]


def tell(terminal, config):
    """The lines about what was left out."""
    for told, number in getattr(config, "left_out", {}).items():
        terminal.write_line(f"{number} tests were left out, for this machine lacks {told}.")
