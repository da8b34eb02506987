"""`/metrics`: figures about the server for Prometheus."""

from flask import Response
from prometheus_client.core import GaugeMetricFamily

from ec_builds.metrics import CONTENT_TYPE
from ec_builds.runtime import Unreachable
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime
from ec_builds.web.guard import guard_figures

blp = Blueprint("metrics", __name__, public=True, description="Figures for Prometheus")
blp.before_request(guard_figures)


@blp.route("/metrics")
@blp.doc(security=[{}, {"header": []}, {"query": []}])
@blp.response(200, {"type": "string"}, content_type=CONTENT_TYPE)
def metrics():
    """Read figures of all processes of this machine, and of the database if it answers"""
    try:
        found = Stored(runtime.figures())
    except Unreachable:
        runtime.disconnect()
        found = Stored(None)
    headers = {"Cache-Control": "no-store"}
    return Response(runtime.metrics.text(found), headers=headers, content_type=CONTENT_TYPE)


class Stored:
    """What the database says, for a registry; without figures, only that it does not answer."""

    def __init__(self, figures):
        self.figures = figures

    def collect(self):
        known = self.figures
        yield gauge("database_up", "Whether the database answers.", (), {(): known is not None})
        if known is None:
            return
        waiting = {(kind,): number for kind, number in known.queued.items()}
        yield gauge("queue_length", "Runs that wait for a worker.", ("kind",), waiting)
        oldest = {(kind,): number for kind, number in known.oldest.items()}
        told = "Seconds for which the oldest of them has waited."
        yield gauge("queue_oldest_seconds", told, ("kind",), oldest)
        for kind in known.queued:
            mine = {key[1:]: number for key, number in known.runs.items() if key[0] == kind}
            told = f"All {kind}s, by state; ended ones also when they have been deleted since."
            yield gauge(f"{kind}s", told, ("state", "platform_type"), mine)
        told = "Workers on all machines that run something."
        yield gauge("workers_busy", told, (), {(): known.busy})


def gauge(name, told, labels, values):
    family = GaugeMetricFamily(f"ec_builds_{name}", told, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, float(value))
    return family
