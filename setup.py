"""Puts schemas/ into the installed package; everything else is in setup.cfg."""

from setuptools import setup

setup(
    package_dir={"ec_builds.schemas": "schemas"},
    packages=None,
)
