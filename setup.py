"""Puts schemas/ into the installed package; everything else is in setup.cfg."""

from setuptools import find_packages, setup

setup(
    package_dir={"ec_builds.schemas": "schemas"},
    packages=[*find_packages(include=["ec_builds", "ec_builds.*"]), "ec_builds.schemas"],
)
