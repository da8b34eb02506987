"""Modules of the command line, loaded when they are needed: most of a short command is that."""

import gc
from importlib import import_module


def loaded(name):
    """A module of this room, by its name.

    Nobody looks for garbage meanwhile, which takes a fifth of the time and finds next to nothing;
    nor among what was loaded afterwards, so that processes which are forked share all of it.
    """
    gc.disable()
    try:
        return import_module(f"ec_builds.cli.{name}")
    finally:
        gc.freeze()
        gc.enable()
