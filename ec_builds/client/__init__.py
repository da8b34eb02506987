"""A client that follows links, for this API and any other that speaks HAL.

    with Session("http://127.0.0.1:7470/", token) as session:
        for app in session.root().items("ec:app"):
            print(app["title"])
"""

from ec_builds.client.errors import (
    ClientError,
    NoLink,
    NoVariable,
    Problem,
    Unexpected,
    Unreachable,
)
from ec_builds.client.resource import Resource
from ec_builds.client.run import Event, Line, Run
from ec_builds.client.session import Received, Session

__all__ = [
    "ClientError",
    "Event",
    "Line",
    "NoLink",
    "NoVariable",
    "Problem",
    "Received",
    "Resource",
    "Run",
    "Session",
    "Unexpected",
    "Unreachable",
]
