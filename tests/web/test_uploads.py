"""Bodies that are uploaded, whichever server is around the application."""

import gzip
import hashlib
import io
import tracemalloc

import pytest
from flask import Flask, jsonify, request

from ec_builds.cli.arrival import Spool
from ec_builds.config import MIB
from ec_builds.web.body import LARGEST, uploaded
from ec_builds.web.guard import guard

LIMIT = 3 * MIB
CHUNKED = {"wsgi.input_terminated": True}


@pytest.fixture
def config(config):
    from dataclasses import replace
    return replace(config, upload_limit=LIMIT)
