"""Code from an archive that was uploaded for one build."""

from ec_builds.errors import BuildError
from ec_builds.plugins import schemas, tarball
from ec_builds.plugins.contract import CodeSource


class UploadedArchive(CodeSource):
    """Unpacks the gzip-compressed tar of the build. A build that copies an image has none."""

    type = "uploadedArchive"
    config_schema = schemas.config({})
    restrict_to_platform_type = "containerImage"

    def fetch(self, config, into, context):
        file = context.archive()
        if file is None:
            if context.original():
                return {}
            raise BuildError("Nothing was uploaded for this build")
        size = file.stat().st_size
        files = tarball.unpack(file, into, check=context.check)
        file.unlink()  # a copy, whose room on the disk is wanted
        return {"size": size, "files": files}
