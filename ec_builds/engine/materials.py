"""What a build was submitted with: variables, objects, an archive, the image of a registry."""

import hashlib
import shutil

from ec_builds.engine.watched import Watched
from ec_builds.errors import BuildError
from ec_builds.plugins import contract
from ec_builds.store.original import Original
from ec_builds.store.thing import BuildObject
from ec_builds.store.upload import Upload
from ec_builds.store.variable import BuildVariable

#: Bytes that are copied at a time.
BLOCK = 1 << 20
#: Characters of a text that can be masked.
SHORTEST = 4


def variables(context):
    """The variables of a build by their keys; of equal ones the last. Masks what is to be."""
    rows = list(BuildVariable.of(context.build.id))
    for row in rows:
        if row.masked:
            context.conceal(row.text)
    return {row.key: row.text for row in rows}


def objects(context):
    """The objects that its manifest names and that there are, by their names."""
    return [Placeable(row, context) for row in BuildObject.of(context.build.id)]


def archive(context):
    """A copy of what was uploaded for the build, put together; None if nothing was."""
    upload = Upload.get_or_none(Upload.build_id == context.build.id)
    if upload is None:
        return None
    file = context.workspace / "archive"
    with file.open("xb") as whole:
        for part in upload.parts:
            copy(part, whole, context)
    return file


def copy(part, whole, context):
    """Add a part to an archive. Raises BuildError if it is not what was uploaded."""
    before = whole.tell()
    try:
        with context.storage.open(part.key) as kept:
            shutil.copyfileobj(Watched(kept, context.check), whole, BLOCK)
    except KeyError as error:
        raise BuildError("A part of the archive is missing in the storage") from error
    if whole.tell() - before != part.size:
        raise BuildError("A part of the archive is damaged in the storage")


def original(context):
    """The image that the build is to copy, or None. Its login is masked from now on."""
    found = Original.of(context.build.id)
    if found is None:
        return None
    if found["auth"] and len(found["auth"]) >= SHORTEST:
        context.conceal(found["auth"])
    return contract.Original(**found)


class Placeable:
    """An object on its way to a build; see the contract of plugins."""

    def __init__(self, row, context):
        self.row, self.context = row, context
        self.source, self.name = row.source, row.name

    def fetch(self, folder):
        """A copy in a folder, whose hash was checked. Raises BuildError."""
        thing, file = self.row.object, folder / "object"
        if thing is None:
            raise BuildError("there is no such object")
        try:
            with self.context.storage.open(thing.key) as kept, file.open("xb") as copy:
                shutil.copyfileobj(Watched(kept, self.context.check), copy, BLOCK)
        except KeyError as error:
            raise BuildError("its file is missing in the storage") from error
        with file.open("rb") as copied:
            if hashlib.file_digest(copied, "sha256").hexdigest() != thing.sha256:
                raise BuildError("its file in the storage is damaged")
        return file

    def placed(self):
        """It is there."""
        BuildObject.update(placed=True).where(BuildObject.id == self.row.id).execute()
