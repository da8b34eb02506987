"""Writes what webhooks are told, in whichever process it is sent (reference, section 5.9)."""

import hashlib
import hmac
from types import SimpleNamespace

import orjson
from flask import Flask

from ec_builds.faces.djinn.addresses import PREFIX
from ec_builds.faces.djinn.answers import JSON
from ec_builds.faces.djinn.representations import webhook as look
from ec_builds.faces.djinn.representations.build import build as whole
from ec_builds.faces.djinn.representations.output import LONGEST_OF_MANY
from ec_builds.services.webhooks import build_of, tagger_of
from ec_builds.web.current import EXTENSION


class Writer:
    """Shows a build to a webhook as the face shows it to whoever has made that webhook.

    All addresses begin as they did for them, unless the server is configured to have another one.
    """

    def __init__(self, config, logs):
        self.flask = Flask(__name__, static_folder=None)
        self.flask.extensions[EXTENSION] = SimpleNamespace(config=config, logs=logs)

    def body(self, webhook, delivery):
        """What is sent, as text; None if the build is gone."""
        build = build_of(delivery)
        if build is None:
            return None
        with self.asked(webhook.root):
            return orjson.dumps(told(delivery, build)).decode()

    def headers(self, webhook, delivery, body):
        """What is sent with it. A signature is one of the very bytes of the body."""
        headers = {
            "Content-Type": JSON,
            "User-Agent": "Djinn-CI-Hook",
            "X-Djinn-CI-Event": delivery.event,
            "X-Djinn-CI-Hook-ID": str(webhook.id),
        }
        if webhook.secret_id is not None:
            key = webhook.secret.config.encode()
            signature = hmac.new(key, body.encode(), hashlib.sha256).hexdigest()
            headers["X-Djinn-CI-Signature"] = f"sha256={signature}"
        return headers

    def asked(self, root):
        """A context as if somebody had asked at an address."""
        path = PREFIX if root.endswith(PREFIX) else ""
        base = root.removesuffix(PREFIX)
        return self.flask.test_request_context(f"{path}/", base_url=base)


def told(delivery, build):
    """What a delivery says."""
    if delivery.event != "build.tagged":
        return whole(build, LONGEST_OF_MANY)
    new = delivery.facts["new"]
    return look.tagged(build, tagger_of(delivery), new, LONGEST_OF_MANY)
