"""The native face: the entrecode App Manager API over HTTP."""
