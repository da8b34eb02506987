"""A build server that one can host oneself, driven by links."""

__version__ = "1.4.0"
