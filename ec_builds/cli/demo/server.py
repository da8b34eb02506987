"""The real server, in a process and a home of its own."""

import os
import re
import signal
import subprocess
import sys
import time

from ec_builds.cli.demo.trouble import Trouble

ADDRESS = re.compile(r"is ready at (http://\S+/)")
#: Seconds that the server gets to start, and to end.
START, END = 30, 10
#: What the server may do that a real one may not: everything here is on this machine.
SETTINGS = {"EC_BUILDS_GIT_PROTOCOLS": "file", "EC_BUILDS_PRIVATE_NETWORK": "allow"}
#: Lines of the log that are worth reading when something went wrong.
LAST = 8


class Server:
    """`ec-builds serve` on a free port."""

    def __init__(self, folder):
        self.home, self.log = folder / "home", folder / "server.log"
        self.process = None

    @property
    def token(self):
        return (self.home / "admin-token").read_text().strip()

    def start(self):
        """Start the process, and wait until it says where it is. Returns its root address."""
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ec_builds", "serve", "--port", "0", "--workers", "1"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment(),
                # Ctrl-C is for the demo, which ends the server in its own time
                start_new_session=True,
            )
        deadline = time.monotonic() + START
        while not (found := ADDRESS.search(self.said())):
            if self.process.poll() is not None:
                raise Trouble(f"it ended with exit code {self.process.returncode}")
            if time.monotonic() > deadline:
                raise Trouble(f"it was not ready after {START} seconds")
            time.sleep(0.02)
        return found[1]

    def environment(self):
        """Everything but what is set for another server, and for another terminal."""
        own = {name: text for name, text in os.environ.items() if not name.startswith("EC_BUILDS_")}
        own.pop("FORCE_COLOR", None)
        return {**own, **SETTINGS, "EC_BUILDS_HOME": str(self.home), "NO_COLOR": "1"}

    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def last_words(self):
        """The end of the log; tokens are nobody's business."""
        lines = [line for line in self.said().splitlines() if "token" not in line.lower()]
        return lines[-LAST:]

    def stop(self):
        """End the process, by its id, if it has not ended by itself."""
        if self.process is None or self.process.poll() is not None:
            return
        try:
            self.process.send_signal(signal.SIGINT)  # which waits for no build
            self.process.wait(END)
        except BaseException as reason:
            self.process.kill()
            self.process.wait()
            if not isinstance(reason, subprocess.TimeoutExpired):
                raise
