"""The storage as runs use it: when it does not answer, it is asked again for a while."""

import time

from ec_builds.engine.watched import Watched
from ec_builds.errors import BuildError

#: Seconds for which a storage is asked again, and between two attempts.
PATIENCE, PAUSE = 30.0, 1.0


class PatientStorage:
    """Puts and opens what one run keeps. A storage that stays silent is told in a sentence."""

    def __init__(self, storage, context, patience=None, pause=None):
        self.storage, self.context = storage, context
        self.patience = PATIENCE if patience is None else patience
        self.pause = PAUSE if pause is None else pause

    def put(self, key, path):
        """Keep a file under a key. Raises KeyError, and BuildError after a while."""

        def put():
            with open(path, "rb") as file:
                return self.storage.put(key, Watched(file, self.context.check))

        return self.asked(put, "take the file")

    def put_all(self, prefix, files):
        """Keep files, of which names and paths are given, below a prefix; the same errors."""
        self.asked(lambda: self.storage.put_all(prefix, self.opened(files)), "take the files")

    def opened(self, files):
        for name, path in files:
            with open(path, "rb") as file:
                yield name, Watched(file, self.context.check)

    def open(self, key):
        """The bytes under a key. Raises KeyError, and BuildError after a while."""
        return self.asked(lambda: self.storage.open(key), "hand out the file")

    def asked(self, do, what):
        deadline, told = time.monotonic() + self.patience, False
        while True:
            try:
                return do()
            except OSError as error:
                reason = error.strerror or str(error)
                if time.monotonic() >= deadline:
                    sentence = f"The storage does not {what}: {reason}"
                    raise BuildError(sentence, reason=reason) from error
            if not told:
                again = f"The storage does not {what}; trying again"
                self.context.note(again, "warn", reason=reason)
                told = True
            self.context.brake.pulled.wait(self.pause)
            self.context.check()
