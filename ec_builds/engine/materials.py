"""What a build was submitted with besides its code and data: variables and objects."""

import hashlib
import shutil

from ec_builds.engine.watched import Watched
from ec_builds.errors import BuildError
from ec_builds.store.thing import BuildObject
from ec_builds.store.variable import BuildVariable


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
                shutil.copyfileobj(Watched(kept, self.context.check), copy, 1 << 20)
        except KeyError as error:
            raise BuildError("its file is missing in the storage") from error
        with file.open("rb") as copied:
            if hashlib.file_digest(copied, "sha256").hexdigest() != thing.sha256:
                raise BuildError("its file in the storage is damaged")
        return file

    def placed(self):
        """It is there."""
        BuildObject.update(placed=True).where(BuildObject.id == self.row.id).execute()
