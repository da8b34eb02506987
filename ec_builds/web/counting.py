"""Counts what may be done only so often; see auth/rates.py."""

import hashlib

from ec_builds.auth.rates import neighbourhood
from ec_builds.web.current import address, caller, runtime


def count_failure(token):
    """A token was refused, or what should have been one. Raises TooMany."""
    runtime.failures.spend(f"address {neighbourhood(address() or 'unix')}")
    if token:
        runtime.failures.spend(f"token {hashlib.sha256(token.encode()).hexdigest()}")


def count_start():
    """The caller starts a build or a deployment. Raises TooMany."""
    runtime.starts.spend(caller().id)
