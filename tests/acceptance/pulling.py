"""Images of a registry, as clients pull them."""

import io
import tarfile

import httpx

from tests.acceptance.archives import LINK
from tests.acceptance.server import PATIENCE


def files_of(reference):
    """The files of an image in a registry: their contents and modes, as a client pulls them."""
    host, _, path = reference.partition("/")
    repository, _, tag = path.rpartition(":")
    root = f"http://{host}/v2/{repository}"
    kind = "application/vnd.oci.image.manifest.v1+json"
    accepted = f"{kind}, application/vnd.docker.distribution.manifest.v2+json"
    with httpx.Client(headers={"Accept": accepted}, verify=False, timeout=PATIENCE) as client:
        manifest = client.get(f"{root}/manifests/{tag}").raise_for_status().json()
        config = client.get(f"{root}/blobs/{manifest['config']['digest']}").json()
        assert (config["os"], config["architecture"]) == ("linux", "amd64")
        found = {}
        for layer in manifest["layers"]:
            blob = client.get(f"{root}/blobs/{layer['digest']}").raise_for_status().content
            with tarfile.open(fileobj=io.BytesIO(blob)) as archive:
                for entry in archive:
                    if entry.isfile():
                        content = archive.extractfile(entry).read()
                        found[entry.name.removeprefix("./")] = content, entry.mode & 0o777
                    elif entry.issym():
                        found[entry.name.removeprefix("./")] = LINK, entry.linkname
    return found, manifest


def size_of(manifest):
    """What an image takes in a registry: its layers and its config."""
    return manifest["config"]["size"] + sum(each["size"] for each in manifest["layers"])
