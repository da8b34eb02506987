"""Code that stands in the config itself."""

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, schemas
from ec_builds.plugins.contract import CodeSource

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>It works</title>
<h1>It works</h1>
<p>This page is all the code there is so far.</p>
</html>
"""


class Stub(CodeSource):
    """Writes the files that its config lists; a small page if it lists none."""

    type = "stub"
    config_schema = schemas.config(
        {
            "files": {
                "type": "object",
                "description": "Texts by path, as in {\"index.html\": \"<h1>Hello</h1>\"}. "
                "Without it, there is one small page.",
                "patternProperties": {schemas.RELATIVE: {"type": "string"}},
                "additionalProperties": False,
                "maxProperties": 10000,
            },
        }
    )

    def fetch(self, config, into, context):
        files = config.get("files", {"index.html": PAGE})
        for path, text in files.items():
            context.check()
            parts = paths.relative(path, "file")
            place = into.joinpath(*parts)
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("x", encoding="utf-8", newline="") as file:
                    file.write(text)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                raise BuildError(
                    f"The file “{path}” is there twice, or is both a file and a folder", path=path
                ) from None
            except RecursionError:
                raise BuildError(
                    f"The file “{paths.shown(path)}” is nested too deep", path=paths.shown(path)
                ) from None
            except UnicodeEncodeError:
                raise BuildError(f"The file “{path}” is not text", path=path) from None
        return {"files": len(files)}
