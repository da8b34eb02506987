"""Takes an image out of a registry.

A registry deletes manifests by their digests, and with one all of its tags. So where
another tag means the same image, the tag is first given to a placeholder, which then
goes with it.
"""

from contextlib import nullcontext

import orjson

from ec_builds.oci.manifest import CONFIG, PLATFORM, Descriptor, Manifest


def withdraw(registry, repository, tag, is_shared):
    """Take a tag out of a registry, and its image with it unless another tag shares that.

    Says whether it is gone; a registry need not allow that, and then all stays as it is.
    """
    digest = registry.resolve(repository, tag)
    if digest is None:
        return True
    if not is_shared:
        return registry.delete(repository, digest)
    content, placeholder = replacement(repository, tag)
    registry.send(repository, placeholder.config, lambda: nullcontext(iter([content])))
    registry.send_manifest(repository, placeholder.digest, placeholder)
    if not registry.delete(repository, placeholder.digest):  # found out before the tag is moved
        return False
    registry.send_manifest(repository, tag, placeholder)
    return registry.delete(repository, placeholder.digest)


def replacement(repository, tag):
    """A manifest that nothing else means; and its config."""
    system, machine = PLATFORM.split("/")
    label = {"withdrawn": f"{repository}:{tag}"}
    content = orjson.dumps(
        {
            "os": system,
            "architecture": machine,
            "config": {"Labels": label},
            "rootfs": {"type": "layers", "diff_ids": []},
        }
    )
    return content, Manifest.of(Descriptor.of(content, CONFIG), ())
