"""Registries and images, each made once for all tests that only look at it."""

import pytest

from ec_builds.network import Network
from ec_builds.oci import Reference, Registry
from tests.oci import making
from tests.oci.doubles import Double
from tests.registries import registry as running
from tests.serving import serving


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


@pytest.fixture
def double():
    with serving(Double()) as running_double:
        yield running_double


@pytest.fixture
def stranger():
    """Somebody else's server."""
    with serving(Double()) as running_double:
        yield running_double


@pytest.fixture
def reference(double):
    return Reference.read(f"{double.host}/{double.repository}:7")


@pytest.fixture
def reach(double, network):
    """Makes a client of the double."""

    def make(login=None, network=network):
        return Registry(network, double.host, login, is_plain=True)

    return make
