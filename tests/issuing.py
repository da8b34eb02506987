"""An identity provider of tests: discovery, keys and tokens, like a real one, over HTTP."""

import base64
import contextlib
import http.server
import json
import time
from functools import cache

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.serving import Answering, serving

WELL_KNOWN = "/.well-known/openid-configuration"
AUDIENCE = "ec-builds-server"
#: What makes a private key, by algorithm.
MAKERS = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@cache
def private_key(algorithm, kid):
    """A key of an id, the same in all tests: to make one takes a while."""
    return MAKERS[algorithm]()


def jwk(key, algorithm, **more):
    """What is published of a key."""
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**public, "use": "sig", **more}


def pem(key):
    """A public key as text, as many providers show it, too."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def encoded(part):
    """A part of a token: a document, or bytes as they are."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def by_hand(header, claims, signature=b""):
    """A token that no library would make."""
    return ".".join(map(encoded, (header, claims, signature)))


class Issuer(http.server.ThreadingHTTPServer):
    """Publishes the keys of `published`, and signs with those it has.

    `routes` says what is answered in place of that: a function per path, given the handler.
    """

    daemon_threads = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = self.url("/realms/bakery")
        self.keys, self.published, self.routes, self.asked = {}, [], {}, []
        self.headers = {}

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def add(self, kid, algorithm="RS256", **more):
        """Have a key, and publish it."""
        key = private_key(algorithm, kid)
        self.keys[kid] = key, algorithm
        self.published.append(jwk(key, algorithm, kid=kid, **more))
        return key

    def remove(self, kid):
        """Publish a key no longer, though tokens are signed with it."""
        self.published = [each for each in self.published if each.get("kid") != kid]

    def token(self, kid="first", headers=None, algorithm=None, **changes):
        """A token with good claims apart from the changes; None leaves a claim out."""
        key, usual = self.keys[kid]
        headers = {"kid": kid, **(headers or {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        body = json.dumps(self.claims(**changes)).encode()
        return jwt.api_jws.encode(body, key, algorithm or usual, headers)

    def claims(self, **changes):
        moment = int(time.time())
        good = {
            "iss": self.issuer,
            "sub": "248289761001",
            "aud": AUDIENCE,
            "iat": moment,
            "exp": moment + 300,
            "email": "jane@example.com",
            "email_verified": True,
            "preferred_username": "jane",
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def configuration(self, **changes):
        """What the provider tells about itself."""
        return {"issuer": self.issuer, "jwks_uri": self.url("/keys"), **changes}

    def handle_error(self, request, client_address):
        """A client that hangs up is what some tests are about."""


class Handler(Answering):
    def do_GET(self):
        issuer = self.server
        issuer.asked.append(self.path)
        if route := issuer.routes.get(self.path):
            route(self)
        elif self.path == f"/realms/bakery{WELL_KNOWN}":
            self.send(json.dumps(issuer.configuration()).encode())
        elif self.path == "/keys":
            self.send(json.dumps({"keys": issuer.published}).encode(), **issuer.headers)
        else:
            self.send(b"", 404)


@contextlib.contextmanager
def issuing():
    """A provider with one key, until the end of the block."""
    with serving(Issuer()) as issuer:
        issuer.add("first")
        yield issuer
