"""A build server that one can host oneself, driven by links."""

__version__ = "1.3.0"
