"""What a build has left: a zip on its way to a file, or images in registries."""

import os
import secrets

import click


class Result:
    """What `buildLocation` says of a build: where its zip is, how large, and its SHA-256."""

    def __init__(self, build):
        location = build.get("buildLocation") or {}
        config = location.get("config") or {}
        if found := images(build):
            raise click.ClickException(
                f"{build.href} left no zip but an image; pull it, as from {found[0][1]}."
            )
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


def images(build):
    """Region and reference of each image that a build has left, as `buildLocation` says."""
    location = build.get("buildLocation") or {}
    if location.get("type") != "containerImage":
        return []
    config = location.get("config") or {}
    return [(each["region"], each["reference"]) for each in config.get("images") or []]
