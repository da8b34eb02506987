"""What images are made of in tests: a static busybox, and nothing else."""

import shutil
from textwrap import dedent

#: Everything that is needed to build an image here.
PROGRAMS = ("buildah", "busybox", "setpriv", "unshare")
BEGIN = """\
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
"""


def lacks_builder():
    return not all(map(shutil.which, PROGRAMS))


def write(folder, steps, begin=BEGIN):
    """A Dockerfile with these steps, and what it needs, in a folder."""
    shutil.copy(shutil.which("busybox"), folder / "busybox")
    (folder / "Dockerfile").write_text(begin + dedent(steps))
