"""A foreign plugin package, installed as anybody would."""

import subprocess
import sys
from pathlib import Path
import shutil

import pytest

SOURCE = Path(__file__).parent / "package"


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The folder that pip has installed the package to."""
    copy = shutil.copytree(SOURCE, tmp_path_factory.mktemp("foreign") / "package")
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(folder), str(copy)], check=True)
    return folder


@pytest.fixture
def importable(installed, monkeypatch):
    """The package can be imported, and its entry points can be found."""
    monkeypatch.syspath_prepend(str(installed))
    yield
    sys.modules.pop("ec_builds_loud", None)
