"""The platforms that build images of archives that are uploaded, one in each app that needs it."""

from ec_builds.store.application import Application
from ec_builds.store.configured import CodeSource, DataSource
from ec_builds.store.database import CHANGE, database
from ec_builds.store.image import TYPE
from ec_builds.store.platform import Platform

#: What it is called, and the type of its code source.
TITLE, UPLOADED = "Container images", "uploadedArchive"


def of(app_id):
    """The platform that builds what is uploaded in an app; made if it is missing."""
    known = Application.open(app_id)
    database.obj.locking(Application.select().where(Application.app == app_id), CHANGE).get()
    found = Platform.living().where(Platform.id == known.platform_id).first()
    if found is None or found.type != TYPE or source_type(found) != UPLOADED:
        found = make(app_id)
        Application.update(platform=found).where(Application.app == app_id).execute()
    return found


def make(app_id):
    code = CodeSource.create(app=app_id, type=UPLOADED, config={})
    data = DataSource.create(app=app_id, type="stub", config={})
    return Platform.create(
        app=app_id, title=TITLE, type=TYPE, config={}, codesource=code, datasource=data
    )


def source_type(platform):
    """The type of the code source of a platform."""
    return CodeSource.get_by_id(platform.codesource_id).type
