"""Images on their way into a registry, blob by blob, in pieces of constant size."""

import time
from functools import partial

from ec_builds.oci.errors import ImageError
from ec_builds.oci.inspection import Image, inspect

#: Seconds before each further attempt.
PAUSES = (0.5, 2, 5)
#: Seconds that are waited without asking whether to go on.
PULSE = 0.1
KIB, MIB = 1 << 10, 1 << 20


def push(layout, registry, repository, tag, check, say):
    """Send an image from a folder to a registry. Returns the image.

    check: called between pieces, and may raise. say: is told of each layer, in a sentence.
    """
    transfer = Transfer(registry.watched(check), repository, check, say)
    transfer.send(layout.manifest, layout.blob)
    transfer.finish(layout.manifest, tag)
    return Image(layout.manifest)


def copy(source, reference, target, repository, tag, check, say):
    """Send the image for linux/amd64 from one registry to another. Returns it."""
    source = source.watched(check)
    transfer = Transfer(target.watched(check), repository, check, say)
    image = transfer.patiently(lambda: inspect(source, reference))
    transfer.send(image.manifest, partial(source.blob, reference.repository))
    transfer.finish(image.manifest, tag)
    return image


def size(number):
    """Bytes as people read them."""
    if number < KIB:
        return f"{number} bytes"
    return f"{number / KIB:.1f} KiB" if number < MIB else f"{number / MIB:.1f} MiB"


class Transfer:
    """The course of an image into one repository."""

    def __init__(self, target, repository, check, say):
        self.target, self.repository = target, repository
        self.check, self.say = check, say

    def send(self, manifest, open_blob):
        """Send all blobs that are not there yet."""
        for number, descriptor in enumerate(manifest.blobs, 1):
            self.check()
            told = f"{number} of {len(manifest.blobs)} ({size(descriptor.size)})"
            if self.patiently(partial(self.target.has, self.repository, descriptor)):
                self.say(f"Blob {told} is there already")
                continue
            self.say(f"Sending blob {told}")
            opened = partial(open_blob, descriptor)
            self.patiently(partial(self.target.send, self.repository, descriptor, opened))

    def finish(self, manifest, tag):
        """Give the image its name, with which it becomes visible."""
        self.patiently(partial(self.target.send_manifest, self.repository, tag, manifest))

    def patiently(self, action):
        """Do something again a few times, if it fails for what may pass."""
        for pause in PAUSES:
            try:
                return action()
            except ImageError as error:
                if not error.passing:
                    raise
                self.say(f"{error}. Trying again in {pause:g} s")
            self.wait(pause)
        return action()

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, PULSE))
