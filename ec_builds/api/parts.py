"""GET on what belongs to builds: one of it, or a list of what some builds have."""

from ec_builds.api.addressing import required_all
from ec_builds.api.reading import read
from ec_builds.web.current import caller, runtime


def read_parts(collection, look, parameters):
    """Answer a GET. A list is one of builds: raises MissingParameter, and NoMatch for others."""
    if collection.listing.id not in parameters:
        for build_id in required_all(parameters, "buildID", "integer"):
            runtime.builds.expect(caller(), build_id)
    return read(collection, look, parameters)
