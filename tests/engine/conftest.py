"""Parts of the engine, with plugins that obey, and makers of what it runs."""

import os
import threading

import pytest

from ec_builds.engine import process, queue
from ec_builds.engine.context import Tools
from ec_builds.engine.masking import Masks
from ec_builds.engine.output import NoLog, Output
from ec_builds.engine.reconciler import Reconciler
from ec_builds.engine.runner import Runner
from ec_builds.engine.sandbox import Cell, Job, Limits, choose
from ec_builds.engine.workers import Workers
from ec_builds.engine.workspace import Workspaces
from ec_builds.network import Network
from ec_builds.runtime import prepare
from ec_builds.storage.folder import FolderStorage
from ec_builds.store import lists
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.database import database
from ec_builds.store.deployment import Deployment, DeploymentTarget
from ec_builds.store.platform import Platform
from ec_builds.store.reach import EVERYTHING
from tests import dummies


@pytest.fixture(params=["bubblewrap", "process"])
def kind(request):
    """Both kinds of sandbox in turn."""
    return request.param


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "home" / "workspaces" / "builds-1-1-mine"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def cell(kind, workspace):
    """A maker of cells in the workspace; it is given limits."""
    cells = []

    def cell(environ=os.environ, hidden=(), let_through=(), **limits):
        sandbox = choose(
            kind, environ=environ, hidden=hidden, let_through=let_through, limits=Limits(**limits)
        )
        cells.append(Cell(sandbox, workspace))
        return cells[-1]

    yield cell
    for each in cells:
        each.close()
        each.sandbox.groups.close()


@pytest.fixture
def run(cell, workspace):
    """Runs a shell script, or a command, in a cell of its own."""

    def run(
        command, timeout=20, check=lambda: None, cwd=None, environment=None, fenced=True,
        network=True, lock=None, within=None, tell=lambda step: None, nested=False, **limits,
    ):
        within = within or cell(**limits)
        if isinstance(command, str):
            command = ["/bin/sh", "-c", command]
        job = Job(
            command, cwd or workspace, within.sandbox.environment(workspace, environment),
            workspace, fenced, network, lock, nested,
        )
        return process.run(
            within, job, timeout, check, "it", Output(Masks(), NoLog()), tell
        )

    return run


@pytest.fixture
def tables(config):
    """A database with all tables."""
    prepare(config)
    yield
    database.close()


@pytest.fixture
def storage(tmp_path):
    storage = FolderStorage(tmp_path / "storage")
    storage.prepare(is_new=True)
    return storage


@pytest.fixture
def sandbox():
    """What EC_BUILDS_SANDBOX says; where commands write outside the workspace, `process`."""
    return "auto"


@pytest.fixture
def workspaces(tmp_path):
    return Workspaces(tmp_path / "workspaces")


@pytest.fixture
def workers(tmp_path):
    return Workers(tmp_path / "workers")


@pytest.fixture
def runner(tables, storage, workspaces, sandbox):
    tools = Tools(
        plugins=dummies.plugins(),
        storage=storage,
        network=Network(private="allow"),
        sandbox=choose(sandbox),
    )
    made = Runner(tools, workspaces, timeout=20)
    yield made
    made.let_go()


@pytest.fixture
def reconciler(tables, storage, workers, workspaces):
    return Reconciler(storage, workers, workspaces)


@pytest.fixture
def make_platform(tables):
    """A maker of platforms; the config is that of the obedient platform."""

    def make_platform(files=None, targets=({},), target_type="listed", **config):
        app = App.make("Bakery", "#d97706")
        files = {} if files is None else {"files": files}
        code = CodeSource.create(app=app, type="given", config=files)
        data = DataSource.create(app=app, type="nothing", config={})
        platform = Platform.create(
            app=app, title="Shop", type="obedient", config=config, codesource=code, datasource=data
        )
        made = [Target.create(app=app, type=target_type, config=each) for each in targets]
        platform.aim_at([target.id for target in made])
        return lists.PLATFORMS.get(platform.id, EVERYTHING)

    return make_platform


@pytest.fixture
def submit():
    """Write down that a build is wanted. Returns its id."""

    def submit(platform):
        build = Build.create(app_id=platform.app_id, platform_id=platform.id)
        return build.id

    return submit


@pytest.fixture
def deploy():
    """Write down that a build is to be delivered to all targets of its platform."""

    def deploy(platform, build_id):
        deployment = Deployment.create(
            app_id=platform.app_id, platform_id=platform.id, build_id=build_id
        )
        for target_id in platform.target_ids:
            DeploymentTarget.create(deployment_id=deployment.id, target_id=target_id)
        return deployment.id

    return deploy


@pytest.fixture
def work(runner):
    """Run what has waited longest, here and now."""

    def work(before=lambda brake: None):
        claim = queue.claim("here")
        brake = runner.brake()
        before(brake)
        runner.run(claim, brake)
        return claim

    return work


@pytest.fixture
def in_background():
    """Runs a function in a thread and waits for it at the end of the test."""
    threads = []

    def start(function, *arguments):
        thread = threading.Thread(target=closing, args=(function, *arguments))
        thread.start()
        threads.append(thread)
        return thread

    def closing(function, *arguments):
        try:
            function(*arguments)
        finally:
            database.close()

    yield start
    for thread in threads:
        thread.join()
