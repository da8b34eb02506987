"""A driver that does what the commands of jobs say, without running anything.

    print TEXT        TEXT goes into the log
    leave PATH TEXT   a file, for artifacts
    fail CODE         the job ends with an exit code
    refuse TEXT       the driver cannot run the job
    sleep SECONDS     it takes that long, unless the build has to stop
"""

import fnmatch
import shlex

from ec_builds.errors import BuildError
from ec_builds.manifest.script import HEAD
from ec_builds.plugins.drivers.contract import Driver


class Acting(Driver):
    """`refuse: TEXT` in the mapping of the manifest lets it fail at its begin."""

    type = "os"
    #: What was called, over all of its lives.
    told = []

    def begin(self, say):
        self.told.append(("begin", dict(self.variables)))
        say("Running with driver acting...")
        self.files = {}
        if "refuse" in self.config:
            raise BuildError(self.config["refuse"])

    def place(self, file, destination):
        self.told.append(("place", destination, file.read_bytes()))
        if destination.startswith("/"):
            raise BuildError("there is no such place")

    def put(self, folder, destination):
        self.told.append(("put", destination, sorted(each.name for each in folder.iterdir())))

    def run(self, name, script):
        self.told.append(("run", name))
        for line in script.removeprefix(HEAD).splitlines():
            word, *rest = shlex.split(line)
            code = getattr(self, f"do_{word}")(*rest)
            if code:
                return code
        return 0

    def do_print(self, *words):
        self.context.print(" ".join(words))

    def do_leave(self, path, *words):
        self.files[path] = " ".join(words)

    def do_fail(self, code):
        return int(code)

    def do_refuse(self, *words):
        raise BuildError(" ".join(words))

    def do_sleep(self, seconds):
        self.context.run(["sleep", seconds])

    def collect(self, source, into):
        found = []
        for number, path in enumerate(sorted(fnmatch.filter(self.files, source))):
            file = into / f"{number}"
            file.write_text(self.files[path])
            found.append((path, file))
        return found

    def end(self):
        self.told.append(("end",))
