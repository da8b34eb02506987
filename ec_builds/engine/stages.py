"""The stages of a build, in the order in which they run.

A stage is a function of the context. It returns nothing: what it leaves behind
are files in the workspace, fields of the context, and events. It ends the build
by raising BuildError.
"""

from ec_builds.engine import archive
from ec_builds.errors import BuildError
from ec_builds.plugins import marked
from ec_builds.plugins.contract import Image
from ec_builds.store.build import Build
from ec_builds.store.image import TYPE as IMAGE
from ec_builds.store.image import find_image
from ec_builds.store.manifest import Manifest
from ec_builds.store.platform import Platform
from ec_builds.store.prepared import find

#: How events call such a run.
NAME = "Build"


def load(context, run_id):
    """Find out what is to be built. The configs of this moment count until the end."""
    context.build = build = find(Build, run_id)
    context.platform = Platform.whole(build.platform_id)
    context.facts.update(
        buildID=build.id,
        platformID=build.platform_id,
        appID=build.app_id,
        shortID=context.platform.app.short_id,
        number=build.number,
        **called(build),
    )
    context.is_once = build.once
    conceal(context, "codesource", context.platform.codesource)
    conceal(context, "datasource", context.platform.datasource)
    conceal(context, "platform", context.platform)
    if plugin := context.tools.plugins.get("platform", context.platform.type):
        context.masks.cover = plugin.cover
    context.note("Build started", platformID=build.platform_id)


def called(build):
    """What the image of a build is called in registries, if it makes one."""
    image = find_image(build.id)
    if image is None:
        return {}
    return {"imageRepository": image.repository, "imageTag": image.registry_tag}


def prepare_workspace(context):
    """Make the folders that code and data go to."""
    with context.action("Preparing the workspace", "Workspace ready", kind="verbose"):
        context.code.mkdir()
        context.data.mkdir()


def fetch_code(context):
    """Bring the code into the workspace."""
    row = context.platform.codesource
    source = context.tools.plugin("codesource", row.type, "code source")
    with context.action("Fetching code", "Code fetched", codeSourceType=row.type) as facts:
        facts |= source.fetch(settings(row), context.code, context) or {}


def fetch_data(context):
    """Bring the data into the workspace."""
    row = context.platform.datasource
    source = context.tools.plugin("datasource", row.type, "data source")
    with context.action("Fetching data", "Data fetched", dataSourceType=row.type) as facts:
        facts |= source.fetch(settings(row), context.data, context) or {}


def build_platform(context):
    """Let the platform turn code and data into a result."""
    row = context.platform
    platform = context.tools.plugin("platform", row.type, "platform")
    own = Manifest.text_of(context.build.id)
    config = settings(row) if own is None else {**settings(row), "manifest": own}
    with context.action("Building", "Platform built", platformType=row.type) as facts:
        made = platform.build(config, context)
        if isinstance(made, Image):
            context.image = made
            facts |= {"digest": made.digest, "size": made.size}
        elif made is not None:
            context.result = made
            facts["folder"] = str(context.result.relative_to(context.workspace))


def pack_result(context):
    """Pack the result into a zip, if there is one."""
    if context.result is None:
        return
    if not any(context.result.iterdir()):
        raise BuildError("The build left nothing to pack: its result is an empty folder")
    with context.action("Packing the result", "Result packed") as facts:
        context.packed = archive.pack(
            context.result, context.workspace / "result.zip", context.check
        )
        facts |= {
            "files": context.packed.files,
            "size": context.packed.size,
            "sha256": context.packed.sha256,
        }


def store_result(context):
    """Hand the zip to the storage, and remember where it can be found."""
    context.check()
    if context.image is not None:
        context.changes = {"location": located(context.image), "size": context.image.size}
    if context.packed is None:
        return
    build_id, packed = context.facts["buildID"], context.packed
    key = f"{context.prefix}/result.zip"
    with context.action("Storing the result", "Result stored") as facts:
        context.storage.put(key, packed.path)
        facts["key"] = key
    location = {
        "type": "zipFile",
        "config": {
            "url": f"files/builds/{build_id}.zip",
            "size": packed.size,
            "sha256": packed.sha256,
        },
    }
    context.changes = {"location": location, "size": packed.size, "result_key": key}


def located(image):
    """Where an image is."""
    images = [{"region": region, "reference": each} for region, each in image.references]
    config = {"digest": image.digest, "size": image.size, "images": images}
    return {"type": IMAGE, "config": config}


def conceal(context, kind, row):
    """Mask what the config of a plugin is to keep secret, before anything is written of it."""
    plugin = context.tools.plugins.get(kind, row.type)
    if plugin:
        for secret in marked.secrets(plugin.config_schema, row.config):
            context.conceal(secret)


def settings(row):
    """The config of a row without what is meant for clients only."""
    return {name: value for name, value in row.config.items() if name not in ("_title", "_context")}


def outcome(context):
    """What the last event of a successful build tells."""
    packed, image = context.packed, context.image
    if image is not None:
        return {"type": IMAGE, "size": image.size, "digest": image.digest}
    if packed is None:
        return {}
    return {"type": "zipFile", "size": packed.size, "sha256": packed.sha256}


def seal(context):
    """What belongs to the success of a build, in its transaction: nothing but its row."""


STAGES = (
    prepare_workspace,
    fetch_code,
    fetch_data,
    build_platform,
    pack_result,
    store_result,
)
