"""One registry over HTTP, as the OCI distribution specification has it.

A registry may be anybody's. What it sends is limited and checked against digests, and
the addresses that it names are reached by the same network as itself, without its login
if they are of another origin.
"""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import replace

import httpx
import orjson

from ec_builds.network import Fault, Unanswered, urls
from ec_builds.oci import manifest as manifests
from ec_builds.oci.authorization import Authorization
from ec_builds.oci.checking import verified
from ec_builds.oci.errors import Broken, ImageError, Missing, Refused, Unreachable
from ec_builds.oci.reference import DIGEST, PUBLIC

#: Where the API of the public registry is.
PUBLIC_API = "registry-1.docker.io"
ACCEPT = {"accept": ", ".join(manifests.MANIFESTS + manifests.INDEXES)}
#: Blobs are hashed as they are; nobody may pack them on the way.
AS_IT_IS = {"accept-encoding": "identity"}
#: Seconds in all for a question, and for a blob.
QUESTION_TIME, BLOB_TIME = 60, 6 * 3600
#: What the token of a login may be good for.
PULL, PUSH, DELETE = "pull", "pull,push", "delete,pull"
CODE = re.compile(r"[A-Z_]{1,40}")


class Registry:
    """A registry, spoken to through a network, with a login if one was given for it."""

    def __init__(self, network, host, login=None, is_plain=False):
        self.network, self.host, self.login, self.is_plain = network, host, login, is_plain
        api = PUBLIC_API if host == PUBLIC else host
        self.root = f"{'http' if is_plain else 'https'}://{api}/v2/"
        self._headers = {}  # what has satisfied the registry so far, by scope

    @classmethod
    def at(cls, network, place, login=None):
        """The registry of a place: of a Region, or of a Reference."""
        return cls(network, place.host, login, place.is_plain)

    def watched(self, check):
        """The same registry; `check` is called while it is waited for, and may raise."""
        other = copy(self)  # what has satisfied the registry is known to both
        other.network = self.network.watched(check)
        return other

    def limited(self, seconds):
        """The same registry, which is given up when all questions together take too long."""
        end, before = time.monotonic() + seconds, self.network.check

        def check():
            before()
            if time.monotonic() > end:
                told = f"The registry “{self.host}” took longer than {seconds:g} seconds"
                raise Unreachable(told, passing=True, registry=self.host)

        return self.watched(check)

    def enter(self):
        """See that it is there, and lets us in. Raises ImageError."""
        with self.ask("GET", self.root) as answer:
            self.expect(answer, 200)

    def manifest(self, repository, wanted):
        """Bytes and media type of a manifest or an index, by tag or digest."""
        url = self.url(repository, "manifests", wanted)
        limit = manifests.LARGEST_DOCUMENT
        with self.ask("GET", url, repository, PULL, ACCEPT, limit=limit) as answer:
            self.expect(answer, 200, missing=f"{repository}:{wanted}")
            content, kind = b"".join(self.told(answer.chunks())), answer.content_type
            told = answer.headers.get("docker-content-digest", "")
        asked = wanted if DIGEST.fullmatch(wanted) else told
        if DIGEST.fullmatch(asked) and manifests.digest_of(content) != asked:
            raise Broken(f"The registry “{self.host}” sent another manifest than its digest says")
        return content, kind

    def resolve(self, repository, wanted):
        """The digest of what a tag or digest stands for; None if there is nothing."""
        url = self.url(repository, "manifests", wanted)
        with self.ask("HEAD", url, repository, PULL, ACCEPT) as answer:
            if answer.status == 404:
                return None
            self.expect(answer, 200)
            digest = answer.headers.get("docker-content-digest", "")
        if not DIGEST.fullmatch(digest):
            digest = manifests.digest_of(self.manifest(repository, wanted)[0])
        return digest

    def has(self, repository, descriptor):
        """Whether a blob is there already."""
        url = self.url(repository, "blobs", descriptor.digest)
        with self.ask("HEAD", url, repository, PUSH, AS_IT_IS) as answer:
            if answer.status == 404:
                return False
            self.expect(answer, 200)
            return answer.headers.get("content-length") == str(descriptor.size)

    @contextmanager
    def blob(self, repository, descriptor, seconds=BLOB_TIME):
        """The pieces of a blob, which end with an error unless they are what was promised."""
        url = self.url(repository, "blobs", descriptor.digest)
        # what is too much of a blob is seen as it comes; an answer that is none needs some room
        limit = max(descriptor.size, manifests.LARGEST_DOCUMENT)
        with self.ask("GET", url, repository, PULL, AS_IT_IS, None, limit, seconds) as answer:
            self.expect(answer, 200, missing=f"{repository}@{descriptor.digest}")
            yield verified(self.told(answer.chunks()), descriptor)

    def document(self, repository, descriptor):
        """A small blob as a whole."""
        if descriptor.size > manifests.LARGEST_DOCUMENT:
            raise Broken(f"The image has a config of more than {manifests.LARGEST_DOCUMENT} bytes")
        with self.blob(repository, descriptor, self.question_time) as pieces:
            return b"".join(pieces)

    def send(self, repository, descriptor, open_pieces):
        """Store a blob. open_pieces: makes a context manager that yields its pieces."""
        start = self.url(repository, "blobs", "uploads/")
        with self.ask("POST", start, repository, PUSH, {"content-length": "0"}) as answer:
            self.expect(answer, 202)
            place = self.place(start, answer.headers.get("location", ""))
        url = str(httpx.URL(place).copy_add_param("digest", descriptor.digest))
        headers = {
            "content-length": str(descriptor.size), "content-type": "application/octet-stream"
        }
        with open_pieces() as pieces:
            body = verified(pieces, descriptor)
            with self.ask("PUT", url, repository, PUSH, headers, body, None, BLOB_TIME) as answer:
                self.expect(answer, 201)

    def send_manifest(self, repository, wanted, manifest):
        """Store a manifest under a tag, or under its digest."""
        url = self.url(repository, "manifests", wanted)
        headers = {"content-type": manifest.media_type}
        with self.ask("PUT", url, repository, PUSH, headers, manifest.content) as answer:
            self.expect(answer, 201)

    def delete(self, repository, digest):
        """Delete a manifest, and with it every tag that means it.

        Says whether it is gone, now or before; a registry need not allow that.
        """
        url = self.url(repository, "manifests", digest)
        with self.ask("DELETE", url, repository, DELETE) as answer:
            if answer.status == 405 or answer.status == 400 and self.code(answer) == "UNSUPPORTED":
                return False
            if answer.status != 404:
                self.expect(answer, 202, 200, 204)
            return True

    @property
    def question_time(self):
        """Seconds that a question may take in all."""
        return min(self.network.timeout, QUESTION_TIME)

    def url(self, repository, *parts):
        return f"{self.root}{repository}/{'/'.join(parts)}"

    def place(self, start, location):
        """Where a blob goes to, as the registry says."""
        if not location:
            raise Broken(f"The registry “{self.host}” does not say where a blob should go")
        try:
            return urls.joined(start, location)
        except Fault as fault:
            raise Broken(f"The registry “{self.host}” sends a blob nowhere: {fault}") from fault

    @contextmanager
    def ask(
        self, method, url, repository=None, actions=None, headers=None, body=None, limit=None,
        seconds=None,
    ):
        """Ask the registry, and prove who asks if it wants that; yields an answer of any status."""
        scope = f"repository:{repository}:{actions}" if repository else ""
        size = limit or manifests.LARGEST_DOCUMENT
        network = replace(
            self.network, timeout=seconds or self.question_time, size_limit=size
        )
        is_ours = urls.origin(url) == urls.origin(self.root)

        def attempt(stack, proof):
            proved = {"authorization": proof} if proof and is_ours else {}
            sent = {**(headers or {}), **proved}
            return stack.enter_context(self.answered(network, method, url, sent, body))

        with ExitStack() as stack:
            answer = attempt(stack, self._headers.get(scope))
            if answer.status == 401 and is_ours:
                self.forget(scope, is_gone=isinstance(body, Iterator))
                answer = self.prove(stack, answer, scope, attempt)
            yield answer

    def forget(self, scope, is_gone):
        """What satisfied the registry does so no longer.

        is_gone: whether what was to be sent is lost, so it has to be sent from its beginning.
        """
        self._headers.pop(scope, None)
        if is_gone:
            told = f"The registry “{self.host}” wants to be told again who sends something"
            raise Unreachable(told, passing=True, status=401, registry=self.host)

    def prove(self, stack, answer, scope, attempt):
        """Try whatever may satisfy the registry. Returns its first answer that is not 401."""
        network = replace(self.network, timeout=self.question_time)
        authorization = Authorization(network, self.host, self.root, self.login)
        for proof in authorization.proofs(answer.headers, scope):
            stack.close()
            answer = attempt(stack, proof)
            if answer.status != 401:
                self._headers[scope] = proof
                return answer
        raise Refused(authorization.sentence, status=401, registry=self.host)

    @contextmanager
    def answered(self, network, method, url, headers, body):
        """One request. What fails on the way becomes an error of this registry."""
        with ExitStack() as stack:
            with self.translated():
                answer = stack.enter_context(network.ask(method, url, headers, body))
            yield answer

    def told(self, pieces):
        """Pieces of a body, with the errors of this registry."""
        with self.translated():
            yield from pieces

    @contextmanager
    def translated(self):
        try:
            yield
        except Fault as fault:
            told = f"The registry “{self.host}” cannot be used: {fault}"
            if fault.info.get("reason") == "size":
                raise Broken(told) from fault
            raise Unreachable(told, isinstance(fault, Unanswered), registry=self.host) from fault

    def expect(self, answer, *good, missing=None):
        """Make an error of any other status than these."""
        status, told = answer.status, {"status": answer.status, "registry": self.host}
        if status in good:
            return
        if status == 404 and missing:
            raise Missing(f"The registry “{self.host}” has no {missing}", **told)
        if status in (401, 403):
            raise Refused(
                f"The registry “{self.host}” refuses this: there is no such image, "
                "or the credential is not good for it", **told
            )
        if status == 429 or status >= 500:
            words = f"The registry “{self.host}” cannot answer now: {status}"
            raise Unreachable(words, passing=True, **told)
        code = self.code(answer)
        words = f"The registry “{self.host}” answered with {status} {code}".strip()
        raise Broken(words, **told)

    def code(self, answer):
        """What the registry calls its error; only what cannot be a secret or a page of text."""
        try:
            errors = orjson.loads(answer.read())["errors"]
            code = errors[0]["code"]
        except (ImageError, Fault, ValueError, LookupError, TypeError):
            return ""
        return code if isinstance(code, str) and CODE.fullmatch(code) else ""
