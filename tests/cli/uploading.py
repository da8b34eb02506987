"""`ec-builds serve` whose `POST /objects` tells size and hash of what was uploaded, and no more."""

import hashlib
import sys

from flask import Blueprint, jsonify

from ec_builds import server
from ec_builds.cli import commands
from ec_builds.web.body import uploaded
from ec_builds.web.guard import guard

blp = Blueprint("uploading", __name__)


@blp.post("/objects")
def upload():
    guard()
    file, size = uploaded()
    return jsonify(size=size, md5=hashlib.file_digest(file, "md5").hexdigest())


def create_app(runtime, create=server.create_app):
    app = create(runtime)
    app.register_blueprint(blp)
    return app


if __name__ == "__main__":
    server.create_app = create_app
    commands(["serve", *sys.argv[1:]])
