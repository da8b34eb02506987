"""What can be done with what builds by manifests are given: variables and objects of namespaces."""

import codecs
import hashlib
import re
import secrets as chance
from dataclasses import replace

import filetype

from ec_builds.auth.roles import GIVEN, Role
from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidProperty, MissingProperty, NoMatch
from ec_builds.services.collection import Collection
from ec_builds.store import holdings
from ec_builds.store.database import transaction
from ec_builds.store.litter import Litter
from ec_builds.store.thing import Thing
from ec_builds.store.variable import Secret, Variable

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Characters of a masked value; shorter ones would blot out half of every text.
SHORTEST = 6
#: Characters of a key, and of the name of an object; bytes of a value.
LONGEST, LONGEST_VALUE = 255, 64 * 1024
#: The roles in an app with which one gets to see what its builds are given.
ROLES = [role.word for role in GIVEN if role >= Role.DEVELOPER]
#: No database has such an id.
TOO_MUCH = 2**63
#: What no text contains, and the type of whatever is none.
CONTROL, BYTES = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f]"), "application/octet-stream"
#: Bytes by which the type of a file is told.
HEAD = 8192


class Holdings(Collection):
    """Things that belong to a namespace, or to nothing but their owner."""

    def __init__(self, namespaces, policy=None, executor=None):
        super().__init__(policy, executor)
        self.namespaces = namespaces

    def space(self, caller, text):
        """The namespace `path` or `path@owner`. Raises NoMatch, and what speaks against it."""
        self.policy.require_scope(caller, Verb.CREATE, self.kind)
        path, at, owner = (text or "").partition("@")
        namespace = self.namespaces.open(caller, path, owner if at else None)
        self.policy.require_on_collection(caller, Verb.CREATE, self.kind, namespace.app_id)
        return namespace

    def get(self, caller, thing_id, lock=None):
        found = self.rows.get(thing_id, caller.reach, lock) if thing_id < TOO_MUCH else None
        if found is None:
            raise NoMatch("id")
        return found

    def found(self, caller, thing_id):
        """One of them by its number. Raises NoMatch, or what speaks against reading it."""
        found = self.get(caller, thing_id)
        self.may_read(caller, found)
        return found

    def some(self, caller, page, size, search=None, app_id=None):
        """A page of those that a caller has a part in, by name, and the number of the last page."""
        self.policy.require_scope(caller, Verb.READ, self.kind)
        row, name = self.rows.row, self.name
        # an admin sees all of them, but does not own them; an app was looked into already
        reach = caller.reach if app_id else replace(caller.reach, everything=False)
        query = row.living().where(*reach.apps(row.app, *ROLES))
        if search:
            query = query.where(name.contains(search))
        if app_id:
            query = query.where(row.app == app_id)
        rows = list(query.order_by(name, row.id).paginate(page, size))
        self.rows.complete(rows)
        return rows, max(1, -(-query.count() // size))

    def remove(self, caller, thing_id):
        """Delete one; builds that have it already keep it."""
        with transaction():
            found = self.get(caller, thing_id)
            self.policy.require(caller, Verb.DELETE, self.kind, found)
            self.note(caller, Verb.DELETE, found)
            self.let_fall(found)
            found.delete_instance()

    def let_fall(self, thing):
        """What goes with one; in its transaction."""

    def facts(self, thing):
        return {"name": getattr(thing, self.name.name)}


class Variables(Holdings):
    kind, rows, name = "variable", holdings.VARIABLES, Variable.key

    def set(self, caller, namespace, key, value, masked=False):
        """Give a variable a value, in place of the one that it had. Returns it."""
        checked_variable(key, value, masked)
        with transaction():
            space = self.space(caller, namespace)
            Variable.delete().where(Variable.app == space.app_id, Variable.key == key).execute()
            variable = Variable.create(
                app=space.app_id, author=caller.id, key=key, masked=masked,
                secret=Secret.keep(value),
            )
            self.note(caller, Verb.CREATE, variable, masked=masked)
            return self.get(caller, variable.id)


class Objects(Holdings):
    kind, rows, name = "object", holdings.OBJECTS, Thing.name

    def __init__(self, namespaces, kept, policy=None, executor=None):
        super().__init__(namespaces, policy, executor)
        self.kept = kept

    def keep(self, caller, namespace, name, file):
        """Keep a file as an object. Returns it. Raises InvalidProperty if the name is taken.

        file: what can be read, once. Its bytes are in the storage before there is a row.
        """
        with transaction():
            space = self.space(caller, namespace)
            self.refuse_second(space.app_id, name)
        key = f"objects/{space.app_id}/{chance.token_hex(16)}"
        reader = Reader(file)
        try:
            with self.kept.asking():
                size = self.kept.storage.put(key, reader)
            with transaction():
                space = self.space(caller, namespace)
                self.refuse_second(space.app_id, name)
                thing = Thing.create(
                    app=space.app_id, author=caller.id, name=name, type=reader.type, size=size,
                    md5=reader.md5.hexdigest(), sha256=reader.sha256.hexdigest(), key=key,
                )
                self.note(caller, Verb.CREATE, thing, size=size)
                return self.get(caller, thing.id)
        except BaseException:
            Litter.drop(key)
            raise

    def refuse_second(self, app_id, name):
        """Builds that wait for one are to get that one, so it has to be deleted first."""
        if Thing.select().where(Thing.app == app_id, Thing.name == name).exists():
            raise InvalidProperty("name", "Name already exists; delete that object first")

    def let_fall(self, thing):
        Litter.drop(thing.key)

    def content(self, thing):
        """The bytes of an object as a Found. Raises NoMatch if they are not there."""
        found = self.kept.find(thing.key, thing.name, thing.sha256)
        if found is None:
            raise NoMatch("objectID")
        return found


class Reader:
    """A file that is told apart while it is read."""

    def __init__(self, file):
        self.file, self.head = file, b""
        self.md5, self.sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()

    def read(self, size=-1):
        block = self.file.read(size)
        self.head += block[: HEAD - len(self.head)]
        self.md5.update(block)
        self.sha256.update(block)
        return block

    @property
    def type(self):
        """The media type, by the first bytes."""
        if known := filetype.guess_mime(self.head):
            return known
        try:
            # the last character may be cut
            text = codecs.getincrementaldecoder("utf-8")().decode(self.head, len(self.head) < HEAD)
        except UnicodeDecodeError:
            return BYTES
        return BYTES if CONTROL.search(text) else "text/plain; charset=utf-8"


def checked_variable(key, value, masked):
    """Raises MissingProperty and InvalidProperty."""
    if not key:
        raise MissingProperty("key", "A variable needs a key.")
    if not KEY.fullmatch(key) or len(key) > LONGEST:
        told = f"A key has at most {LONGEST} letters, digits and underscores, and no digit first."
        raise InvalidProperty("key", told)
    if len(value.encode()) > LONGEST_VALUE:
        raise InvalidProperty("value", f"A value has at most {LONGEST_VALUE} bytes.")
    if masked and len(value.strip()) < SHORTEST:
        told = f"Masked variable length cannot be shorter than {SHORTEST} characters"
        raise InvalidProperty("value", told)


def checked_name(name):
    """The name of an object. Raises MissingProperty and InvalidProperty."""
    if not name:
        raise MissingProperty("name", "Name is required")
    if len(name) > LONGEST or not name.isprintable() or "=>" in name or name != name.strip():
        told = f"A name has at most {LONGEST} printable characters, no => and no blanks around it"
        raise InvalidProperty("name", f"{told}.")
    return name
