"""The keys that seal configs at rest: known, checked at the start, and rotated."""

import logging
import os
from dataclasses import dataclass
from functools import partial

from ec_builds.auth.secrets import (
    changing_encryption_keys,
    encryption_key_file,
    has_encryption_key,
    new_encryption_key,
    private,
    read_encryption_keys,
    write_encryption_keys,
)
from ec_builds.errors import UsageError
from ec_builds.store import resealing
from ec_builds.store.audit import Audit
from ec_builds.store.database import Unreachable
from ec_builds.store.sealing import Key, keys

log = logging.getLogger(__name__)

LOST = (
    "{rows} configs are sealed with the {key}, and it is neither in {file} nor in"
    " EC_BUILDS_ENCRYPTION_KEY. Bring it back from a backup, from encryption-key.old, or from"
    " another machine of this server; without it nobody can open these configs again, and this"
    " server does not start."
)


@dataclass(frozen=True)
class Used:
    """A key, by its id, and how many rows it seals; `is_first` if it seals new ones."""

    id: str
    rows: int
    is_first: bool


@dataclass(frozen=True)
class Rotated:
    """What a rotation has come to: the key that seals now, the rows that were sealed anew,
    those that do not open, and ids of keys that were dropped or can be."""

    first: str
    sealed: int
    failed: int
    dropped: tuple
    idle: tuple


class EncryptionKeys:
    """Those of one server: `given` by its environment, or in a file of its home."""

    def __init__(self, home, given=()):
        self.home, self.given = home, given

    @property
    def old_file(self):
        """Where dropped keys are kept for backups of before; no server reads it."""
        return encryption_key_file(self.home).with_suffix(".old")

    @staticmethod
    def used():
        """How many rows each key seals, by its id."""
        return {key_id: rows for key_id, rows in resealing.numbers().items() if key_id}

    def look(self, used):
        """What there is, in words, if it opens what is sealed by keys that are used, and nothing is
        changed. Raises UsageError as a start does.
        """
        file = encryption_key_file(self.home)
        if not has_encryption_key(self.home, self.given):
            self.require((), used)
            return f"a key will be made in {file} at the first start"
        texts = read_encryption_keys(self.home, self.given)
        self.require([Key(each).id for each in texts], used)
        place = "EC_BUILDS_ENCRYPTION_KEY" if self.given else file
        return f"{place} opens all that is sealed; configs: {sum(used.values())}"

    def unlock(self):
        """Have this process know the keys; the first one is made where nothing is sealed yet.

        Raises UsageError if a key is missing that something is sealed with.
        """
        used = self.used()
        if not has_encryption_key(self.home, self.given):
            self.require((), used)
            write_encryption_keys(self.home, [new_encryption_key()], replace=False)
        keys.bind(partial(read_encryption_keys, self.home, self.given))
        self.require(keys.known, used)

    def require(self, known, used):
        lost = sorted(key_id for key_id in used if key_id not in known)
        if lost:
            key = f"key{'s' if lost[1:] else ''} {', '.join(lost)}"
            rows = sum(used[key_id] for key_id in lost)
            raise UsageError(LOST.format(rows=rows, key=key, file=encryption_key_file(self.home)))

    def seal_plain(self):
        """Seal the configs of a release that had no keys."""
        try:
            number = resealing.seal_plain()
        except Unreachable as error:  # SQLite and PostgreSQL want to be alone to tidy up
            log.warning("Configs are sealed; what they were may still be on the disk: %s", error)
        else:
            if number:
                log.info("Sealed %s configs", number)

    def show(self):
        """Each key and what it seals, the one that seals first; and how many are not sealed."""
        used = resealing.numbers()
        keys.refresh()
        found = [
            Used(key_id, used.get(key_id, 0), key_id == keys.first.id) for key_id in keys.known
        ]
        return found, used.get(None, 0)

    def rotate(self, caller=None):
        """Make a new key, seal everything with it, and drop the old one into `old_file`.

        caller: who asks for it, None for the server itself.

        A rotation that was begun, here or by hand, is brought to its end instead: as long as there
        are several keys. It can be ended at any point, and begun again. Keys of the environment
        are neither made nor dropped. Raises UsageError.
        """
        with changing_encryption_keys(self.home):
            texts = read_encryption_keys(self.home, self.given)
            if len(texts) == 1:
                texts = self.add_key(texts)
            resealing.wait_for_writers()
            sealed, failed = resealing.seal_anew()
            used = resealing.numbers()
            idle = [each for each in texts[1:] if not used.get(Key(each).id)]
            names = tuple(Key(each).id for each in idle)
            if self.given:
                done = Rotated(keys.first.id, sealed, failed, (), names)
            else:
                self.keep(idle)
                write_encryption_keys(self.home, [each for each in texts if each not in idle])
                keys.refresh()
                done = Rotated(keys.first.id, sealed, failed, names, ())
            told = {"sealed": sealed, "failed": failed, "dropped": list(done.dropped)}
            Audit.note(caller, "rotate", "key", done.first, **told)
            return done

    def keep(self, texts):
        """Write keys behind those that were dropped before; on the disk when this returns."""
        if not texts:
            return
        with open(self.old_file, "a", opener=private) as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(f"{each}\n" for each in texts)
            file.flush()
            os.fsync(file.fileno())

    def add_key(self, texts):
        """Put a new key before the others, where all processes find it before it is used."""
        if self.given:
            raise UsageError(
                "EC_BUILDS_ENCRYPTION_KEY holds one key only. Put a second one behind it wherever "
                "this server runs, and restart; then put that first, restart, and rotate."
            )
        texts = (new_encryption_key(), *texts)
        write_encryption_keys(self.home, texts)
        return texts
