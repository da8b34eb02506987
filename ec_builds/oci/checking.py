"""Bytes that come from elsewhere are what was promised, or they do not come to their end."""

import hashlib

from ec_builds.oci.errors import Broken


def verified(pieces, descriptor):
    """Pass the pieces of a blob on while they come.

    The last one is held back until size and digest are known to be right, so whoever
    takes them never has a whole blob that is wrong.
    """
    digest, size, held = hashlib.sha256(), 0, b""
    for piece in pieces:
        size += len(piece)
        if size > descriptor.size:
            raise Broken(f"The blob {descriptor.digest} has more bytes than it should have")
        digest.update(piece)
        if held:
            yield held
        held = piece
    if size != descriptor.size or f"sha256:{digest.hexdigest()}" != descriptor.digest:
        raise Broken(f"The blob {descriptor.digest} came damaged: its digest or size is another")
    if held:
        yield held
