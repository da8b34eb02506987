"""The parts of a running server, put together from its config."""

from ec_builds.auth.scopes import ALLOWED
from ec_builds.auth.secrets import new_encryption_key
from ec_builds.plugins.builders import choose as choose_builder
from ec_builds.plugins.marked import has_secrets
from ec_builds.plugins.registry import Plugins
from ec_builds.runtime.assembly import assemble, make_provider
from ec_builds.runtime.ground import prepare
from ec_builds.runtime.parts import OPEN, Runtime
from ec_builds.runtime.workshop import (
    driver_settings, greet_registries, make_limits, make_sandbox,
)
from ec_builds.services.keys import EncryptionKeys
from ec_builds.storage import open_storage
from ec_builds.store.database import Unreachable, bind, database
from ec_builds.store.keeping import keeps_files

__all__ = [
    "ALLOWED", "OPEN", "EncryptionKeys", "Plugins", "Runtime", "Unreachable", "assemble", "bind",
    "choose_builder", "database", "driver_settings", "greet_registries", "has_secrets",
    "keeps_files", "make_limits", "make_provider", "make_sandbox", "new_encryption_key",
    "open_storage", "prepare",
]
