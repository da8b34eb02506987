"""Registries of images that tests start: Debian's `docker-registry`, on a free loopback port."""

import contextlib
import re
import shutil
import subprocess
import time

from ec_builds.network import Network
from ec_builds.oci import Login, Registry

PROGRAM = "docker-registry"
USER, PASSWORD = "ada", "lovelace"
#: The password, as bcrypt keeps it.
HTPASSWD = "ada:$2y$05$abcdefghijklmnopqrstuuugyJgZetmHGvxwCJ1rpgM8bgT8KJ8.i\n"
CONFIG = """\
version: 0.1
log: {{level: info, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {folder}/images}}
  delete: {{enabled: {deletes}}}
http: {{addr: "127.0.0.1:0"}}
"""
AUTH = "auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}\n"
LISTENING = re.compile(r"listening on (127\.0\.0\.1:\d+)")


def lacks_registry():
    return shutil.which(PROGRAM) is None


class Stand:
    """A registry that runs: where it is, and what is in there."""

    def __init__(self, host, login=None):
        self.host, self.login = host, login

    @property
    def client(self):
        """Our client of it, with the right login."""
        return Registry(Network(private="allow"), self.host, self.login, is_plain=True)

    def manifest(self, repository, tag):
        """The bytes of a manifest."""
        return self.client.manifest(repository, tag)[0]

    def has(self, repository, tag):
        """Whether there is an image of this name."""
        return self.client.resolve(repository, tag) is not None

    def delete(self, repository, tag):
        """Delete an image, with all its tags. Says whether that is allowed."""
        client = self.client
        return client.delete(repository, client.resolve(repository, tag))


@contextlib.contextmanager
def registry(folder, has_login=False, deletes=False):
    """A registry that keeps its images in a new folder, until the end of the block."""
    folder.mkdir(parents=True)
    (folder / "htpasswd").write_text(HTPASSWD)
    config = CONFIG + (AUTH if has_login else "")
    (folder / "config.yml").write_text(config.format(folder=folder, deletes=str(deletes).lower()))
    login = Login(USER, PASSWORD) if has_login else None
    with (folder / "log").open("wb") as log:
        command = [PROGRAM, "serve", folder / "config.yml"]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
            env={"OTEL_TRACES_EXPORTER": "none"},
        )
        try:
            yield Stand(listening(process, folder / "log"), login)
        finally:
            process.kill()
            process.wait()


def listening(process, log, patience=20):
    """Where it listens, as it says itself."""
    end = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < end:
        if found := LISTENING.search(log.read_text()):
            return found[1]
        time.sleep(0.01)
    raise AssertionError(f"The registry does not come up: {log.read_text()}")
