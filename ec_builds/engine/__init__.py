"""Runs builds and deployments. Has never heard of a request."""
