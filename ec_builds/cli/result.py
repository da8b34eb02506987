"""The zip of a build on its way to a file."""

import os
import secrets

import click


class Result:
    """What `buildLocation` says of a build: where its zip is, how large, and its SHA-256."""

    def __init__(self, build):
        location = build.get("buildLocation") or {}
        config = location.get("config") or {}
        if location.get("type") != "zipFile" or not config.get("url"):
            raise click.ClickException(f"{build.href} has no zip that could be downloaded.")
        self.session = build.session
        self.url, self.size, self.sha256 = (config.get(each) for each in ("url", "size", "sha256"))

    def save(self, path, display):
        """Write the zip to a file, whole or not at all. Returns its size and its SHA-256."""
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with part.open("xb") as file, display.progress(path.name) as progress:
                received = self.session.download(self.url, file, progress)
                self.check(received)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return received

    def check(self, received):
        """Raises ClickException unless these are the bytes that the build has promised."""
        for name, word in (("size", "size"), ("sha256", "SHA-256")):
            promised, is_so = getattr(self, name), getattr(received, name)
            if promised not in (None, is_so):
                raise click.ClickException(
                    f"The zip at {self.url} has the {word} {is_so}, but {promised} was promised."
                )
