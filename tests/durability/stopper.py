"""A process that runs one story again and again, and stops in it after a given operation.

Reads lines of JSON and answers each by a line. {"at": N} plays the story in a fork that ends, as if
it were killed, after its Nth statement or file operation; the answer is whether it got that far.
{"at": null} recovers, plays the same story to its end, and checks what is left of everything.
"""

import json
import os
import sys
import time
import traceback
from pathlib import Path

from ec_builds.app import create_app
from ec_builds.config import Config
from ec_builds.plugins.registry import Plugins
from ec_builds.runtime import assemble, prepare
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.database import database
from ec_builds.store.deployment import Deployment
from ec_builds.store.litter import Litter
from ec_builds.store.site import Site
from tests.durability import history

#: What a killed process leaves as its exit code here, and a story that was told to its end.
KILLED, TOLD = 9, 0
#: Audit events that tell of a change in the file system, or of a process.
OPERATIONS = {
    "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.truncate",
    "fcntl.flock", "subprocess.Popen", "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp",
}
#: Seconds in which everything has to be recovered.
PATIENCE = 20


class Stopper:
    """Counts operations, and ends the process after one of them."""

    def __init__(self, at):
        self.at, self.count = at, 0

    def install(self):
        for name in ("execute_sql", "commit"):
            setattr(database.obj, name, self.counting(getattr(database.obj, name)))
        os.fsync = self.counting(os.fsync)
        sys.addaudithook(self.hear)

    def counting(self, function):
        def counted(*arguments, **options):
            done = function(*arguments, **options)
            self.step()
            return done

        return counted

    def hear(self, event, arguments):
        if event in OPERATIONS or (event == "open" and writes(arguments[2])):
            self.step()

    def step(self):
        self.count += 1
        if self.count == self.at:
            os._exit(KILLED)


def writes(flags):
    return isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)


class Story:
    """A build is accepted, claimed, run, published and finished, and then deployed."""

    def __init__(self, config, plugins):
        self.runtime = assemble(config, plugins)
        self.http = create_app(self.runtime).test_client()

    def make(self):
        """What is built and where it goes, once for all stories. Returns the query of both."""
        app = self.post("", {"title": "Points", "hexColor": "#d97706"})["appID"]
        parts = {}
        for kind, name, type, config in (
            ("codesource", "codeSource", "stub", {"files": {"dist/index.html": "hello"}}),
            ("datasource", "dataSource", "stub", {}),
            ("target", "target", "localWebServer", {"path": "shop"}),
        ):
            body = {f"{name}Type": type, "config": config}
            made = self.post(f"{kind}?appID={app}", body)[f"{name}ID"]
            parts[kind] = {"href": f"{kind}?{name}ID={made}"}
        target = made
        links = {f"ec:app/{kind}": link for kind, link in parts.items()}
        config = {"commands": "true", "buildDir": "dist"}
        body = {"title": "P", "platformType": "website", "config": config, "_links": links}
        platform = self.post(f"platform?appID={app}", body)["platformID"]
        return {"platform": platform, "target": target}

    def tell(self, platform, target, key):
        """Told twice with the same key, it happens once."""
        self.runtime.executor.start()
        build = self.post(f"platform/build?platformID={platform}", None, f"build-{key}")["buildID"]
        deployment = f"platform/deployment?platformID={platform}&buildID={build}&targetID={target}"
        self.post(deployment, None, f"deployment-{key}")
        self.runtime.executor.stop()
        database.close()

    def post(self, address, body, key=None):
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.http.post(f"/{address}", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json

    def recover(self):
        """Start again as a server does, until all has ended and is cleared away."""
        self.runtime.executor.start()
        deadline = time.monotonic() + PATIENCE
        while any(kind.unfinished().exists() for kind in (Build, Deployment)) or (
            Litter.select().exists()
        ):
            assert time.monotonic() < deadline, "not recovered"
            self.runtime.executor.reconciler.turn()
            self.runtime.executor.ring()
        self.runtime.executor.runner.clear_away()
        self.runtime.executor.stop()

    def check(self):
        """One build and one deployment per key, all of which succeeded, and nothing besides."""
        home = self.runtime.config.home
        history.check([], self.runtime.storage)
        runs = [*Build.select(), *Deployment.select()]
        assert {run.state for run in runs} == {State.SUCCEEDED}, [run.state for run in runs]
        assert Build.select().count() == Deployment.select().count()
        assert list((home / "workspaces").iterdir()) == []
        assert list((home / "workers").iterdir()) == []
        site = Site.get()
        assert site.deployment_id == max(each.id for each in Deployment.select())
        served = sorted(path.parent.parent for path in home.rglob("sites/*/index.html"))
        assert home / "storage" / site.prefix in [path / site.prefix[-36:] for path in served]
        return len(runs)


def main(home, database_url):
    settings = {"auth": "open", "executor": "inline", "concurrency": 1}
    config = Config.from_environment({}, home=Path(home), database_url=database_url, **settings)
    prepare(config)
    plugins = Plugins.installed()
    parts = Story(config, plugins).make()
    database.close()
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(forked(config, plugins, parts, **order)), flush=True)


def forked(config, plugins, parts, at, key):
    """Do something in a fork. Returns whether it was stopped, or what went wrong."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            story = Story(config, plugins)
            if at is None:
                story.recover()
            else:
                Stopper(at).install()
            story.tell(**parts, key=key)
            if at is None:
                story.recover()
                story.check()
        except BaseException:
            os.write(writer, traceback.format_exc().encode()[-8000:])
        os._exit(TOLD)
    os.close(writer)
    with open(reader) as told:
        trouble = told.read()
    _, status = os.waitpid(pid, 0)
    return {"stopped": os.waitstatus_to_exitcode(status) == KILLED, "trouble": trouble}


if __name__ == "__main__":
    main(*sys.argv[1:])
