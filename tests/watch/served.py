"""A server for tests that shows the logs of builds to everybody, with short silences."""

from ec_builds.server import start
from ec_builds.watch import hub, line, waiting
from ec_builds.web import streams

line.SILENCE = waiting.SILENCE = 0.2
hub.BEAT = 0.1
app = start()


@app.post("/log/<int:build_id>")
def follow(build_id):
    return streams.live(app.watch, app.watch.follow_log(build_id), "text/plain")


@app.post("/stop")
def stop():
    app.watch.stop()
    return ""
