"""What people install has everything in it that the package reads."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Files that are no modules: where they are in the repository, and where in the package.
DATA = {
    "schemas/*.json": "ec_builds/schemas",
    "ec_builds/pages/templates/*": "ec_builds/pages/templates",
    "ec_builds/store/migrations/*.sql": "ec_builds/store/migrations",
    "ec_builds/cli/demo/*.fast-export": "ec_builds/cli/demo",
    "ec_builds/cli/demo/*.json": "ec_builds/cli/demo",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of all files in a wheel of this repository."""
    copy = tmp_path_factory.mktemp("wheel") / "copy"
    copy.mkdir()
    for name in ("setup.cfg", "setup.py", "README.rst"):
        shutil.copy(ROOT / name, copy)
    for name in ("ec_builds", "schemas"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(copy / "out"), str(copy)], check=True)
    (made,) = (copy / "out").glob("*.whl")
    with zipfile.ZipFile(made) as packed:
        return set(packed.namelist())


@pytest.mark.parametrize("pattern, folder", DATA.items())
def test_data_is_in_the_wheel(wheel, pattern, folder):
    names = {f"{folder}/{path.name}" for path in ROOT.glob(pattern)}

    assert names and names <= wheel


def test_every_module_is_in_the_wheel(wheel):
    assert {str(path.relative_to(ROOT)) for path in ROOT.glob("ec_builds/**/*.py")} <= wheel
