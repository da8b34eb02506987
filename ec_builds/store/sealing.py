"""Configs at rest: sealed with a key that is not in the database, and bound to their place.

AES-GCM, because it binds a text to its place (table, column and row are authenticated along with
it): what is copied into another row does not open there. It also is quicker than Fernet, with
which a config of 300 bytes takes 13 microseconds to open, and 3 with this; a build opens four of
them, and a page of ten platforms ten.

A sealed text is `sealed:KEY:…`, with the id of the key that opens it.
"""

import hashlib
import logging
import os
from base64 import b64decode, b64encode

import orjson
import peewee
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ec_builds.errors import Unavailable, UsageError
from ec_builds.store.database import Living, database, transaction

log = logging.getLogger(__name__)

PREFIX = "sealed:"
#: Bytes of what makes each sealing a different one.
NONCE = 12
#: Hexadecimal digits of a key's id, which tells nothing of the key.
DIGITS = 12


class Key:
    """One key, from its 64 hexadecimal digits."""

    def __init__(self, text):
        secret = bytes.fromhex(text)
        self.id = hashlib.sha256(b"ec-builds key " + secret).hexdigest()[:DIGITS]
        self.cipher = AESGCM(secret)

    def seal(self, text, place):
        nonce = os.urandom(NONCE)
        sealed = nonce + self.cipher.encrypt(nonce, text, place)
        return f"{PREFIX}{self.id}:{b64encode(sealed).decode()}"

    def open(self, sealed, place):
        raw = b64decode(sealed.rpartition(":")[2])
        return self.cipher.decrypt(raw[:NONCE], raw[NONCE:], place)


class Keys:
    """The keys of this process: the first one seals, all of them open."""

    def __init__(self):
        self.read, self.first, self.known = None, None, {}

    def bind(self, read):
        """Take keys from here. Raises UsageError.

        `read` returns their texts. It is asked again before anything is sealed, and when an
        unknown key is met: another process may have put a new key first meanwhile.
        """
        self.read = read
        self.refresh()

    def refresh(self):
        found = [Key(text) for text in self.read()]
        self.first, self.known = found[0], {key.id: key for key in found}

    def seal(self, value, place):
        """Any JSON value as a sealed text; in the transaction that writes it."""
        database.obj.lock_keys()
        self.refresh_or_refuse()
        return self.first.seal(orjson.dumps(value), place.encode())

    def open(self, text, place):
        """The value of a sealed text, or of one that is older than keys. Raises Unavailable."""
        if not text.startswith(PREFIX):
            return orjson.loads(str(text))  # which knows no subclass of it
        key_id = key_of(text)
        if key_id not in self.known:
            self.refresh_or_refuse()
        if key_id not in self.known:
            log.error("%s is sealed with the key %s, which is not here", place, key_id)
            raise Unavailable(verbose=f"The server lacks the key {key_id}, which its operator has.")
        try:
            return orjson.loads(self.known[key_id].open(text, place.encode()))
        except (InvalidTag, ValueError) as error:
            log.error("%s does not open: it was damaged, or copied there from elsewhere", place)
            told = "A config is damaged; the server's log says which."
            raise Unavailable(verbose=told) from error

    def refresh_or_refuse(self):
        try:
            self.refresh()
        except (UsageError, OSError) as error:
            log.error("The encryption keys cannot be read: %s", error)
            raise Unavailable(verbose="The server cannot read its encryption keys.") from error


def key_of(text):
    """The id of the key that opens a text; None for one that is not sealed."""
    return text[len(PREFIX) :].partition(":")[0] if text.startswith(PREFIX) else None


#: Bound once, when a runtime is made.
keys = Keys()


class Sealed(str):
    """A value as the database has it."""


class Opening(peewee.FieldAccessor):
    """Opens a value when it is asked for: most rows of a list are never asked."""

    def __get__(self, instance, instance_type=None):
        value = super().__get__(instance, instance_type)
        if isinstance(value, Sealed):
            return keys.open(value, place(type(instance), self.name, instance._pk))
        return value


class SealedJSONField(peewee.TextField):
    """Any JSON value, sealed where it lies. Only a SealedRow can write it."""

    accessor_class = Opening

    def db_value(self, value):
        if not isinstance(value, Sealed | None):
            raise TypeError("a value has to be sealed for its row; see SealedRow.sealed")
        return None if value is None else str(value)

    def python_value(self, value):
        return None if value is None else Sealed(value)


class SealedRow(Living):
    """A living row with fields that are sealed."""

    def save(self, *arguments, **options):
        with transaction():
            for name, value in self.__data__.items():
                if isinstance(self._meta.fields[name], SealedJSONField):
                    if not isinstance(value, Sealed | None):
                        self.__data__[name] = self.sealed(self._pk, name, value)
            return super().save(*arguments, **options)

    @classmethod
    def sealed(cls, row_id, name, value):
        """What to write into a field of a row by an UPDATE; in its transaction."""
        return Sealed(keys.seal(value, place(cls, name, row_id)))

    def rewritten(self, name, value):
        """What an UPDATE of this row has to write for a field to have a value: perhaps nothing."""
        if orjson.dumps(getattr(self, name)) == orjson.dumps(value):
            return {}
        return {name: self.sealed(self._pk, name, value)}

    def proof(self, name):
        """What changes whenever a field is written, and tells nothing of what is in it."""
        return str(self.__data__[name])


def place(row, name, row_id):
    """What a sealed text is bound to."""
    return f"{row._meta.table_name}/{row._meta.fields[name].column_name}/{row_id}"
