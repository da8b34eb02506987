"""Registries and images, each made once for all tests that only look at it."""

import pytest

from ec_builds.network import Network
from tests.oci import making
from tests.registries import registry as running


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A registry without logins, where nothing can be deleted."""
    with running(tmp_path_factory.mktemp("plain") / "registry") as stand:
        yield stand


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A registry that wants a login, and lets manifests be deleted."""
    folder = tmp_path_factory.mktemp("guarded") / "registry"
    with running(folder, has_login=True, deletes=True) as stand:
        yield stand


@pytest.fixture
def layout(tmp_path):
    return making.layout(tmp_path / "image")


@pytest.fixture
def network():
    """May reach this machine, and is not patient."""
    return Network(private="allow", timeout=10, patience=5)


@pytest.fixture
def said():
    return []


@pytest.fixture
def talking(said):
    """What `push` and `copy` want to be given: `check` and `say`."""
    return {"check": lambda: None, "say": said.append}
