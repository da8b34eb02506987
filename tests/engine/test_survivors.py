"""Without a sandbox launchers see to the end of commands; what outlives them is ended, too."""

import os
import select
import shlex
import signal
import subprocess
import sys

import pytest

from ec_builds.engine import queue
from ec_builds.states import State
from ec_builds.store.build import Build
from tests.conftest import wait_until

#: Seconds that a process which was killed may take to be gone.
PATIENCE = 10
#: A worker that starts a command without any fence, and says what it prints first.
WORKER = """
import os, sys
from functools import partial
from ec_builds.engine.sandbox import Cell, Job, choose
from ec_builds.engine.workers import Workers
from ec_builds.engine.workspace import Workspaces

workers, workspaces, name, script = sys.argv[1:]
enrolled, workspaces = Workers(workers).enrol("dead"), Workspaces(workspaces)
with workspaces.make(name) as (folder, lock):
    sandbox = choose("process")
    cell = Cell(sandbox, folder, partial(workspaces.remember, folder))
    environment = sandbox.environment(folder, {})
    job = Job(["/bin/sh", "-c", script], folder, environment, folder, lock=lock)
    running = cell.start(job)
    print(running.process.pid, flush=True)
    print(running.output.readline().decode(), end="", flush=True)
    os.waitid(os.P_PID, running.process.pid, os.WEXITED | os.WNOWAIT)
    print(running.end(), flush=True)
"""
#: What says its number, and stays.
STAYING = "sh -c 'echo $$; exec sleep 97'"
#: Leaves it behind with nothing open but its output, as most programs in Python do.
CLOSING = "import subprocess; subprocess.Popen(['sh', '-c', 'echo $$; exec sleep 97'])"
#: The same with no variables, by a parent that stays.
CLEARING = (
    "import subprocess;"
    "subprocess.Popen(['sh', '-c', 'echo $$; exec sleep 97'], env={}).wait()"
)
SCRIPTS = {
    "simple": f"exec {STAYING}",
    "in the background": f"{STAYING} & wait",
    "in a session of its own": f"setsid {STAYING} & wait",
    "forked twice": f"(setsid {STAYING} &); sleep 97",
    "deaf to the end of a session": f"nohup {STAYING} & wait",
    "without variables": f"(env -i setsid {STAYING} &); sleep 97",
    "with everything closed": f"{shlex.quote(sys.executable)} -c {shlex.quote(CLOSING)}; sleep 97",
    "with neither": f"{shlex.quote(sys.executable)} -c {shlex.quote(CLEARING)}",
}


@pytest.fixture
def start(workers, workspaces):
    """Starts a worker. Returns it, the number of its launcher, and a handle of what it left."""
    started = []

    def start(name, script):
        command = [sys.executable, "-c", WORKER, workers.folder, workspaces.parent, name, script]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(worker)
        launcher, survivor = int(worker.stdout.readline()), int(worker.stdout.readline())
        started.append(os.pidfd_open(survivor))
        return worker, launcher, started[-1]

    yield start
    for each in started:
        if isinstance(each, int):
            end(each)
            os.close(each)
        else:
            each.kill()
            each.wait()
            each.stdout.close()


def end(handle):
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return  # as it should be


def has_ended(handle, patience=0):
    return bool(select.select([handle], [], [], patience)[0])


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_what_outlives_server_and_launcher_is_ended_before_the_retry(
    script, start, make_platform, submit, reconciler, monkeypatch
):
    submit(make_platform())
    worker, launcher, survivor = start(queue.claim("dead").name, script)
    worker.send_signal(signal.SIGSTOP)
    os.waitpid(worker.pid, os.WUNTRACED)
    watch = os.pidfd_open(launcher)
    os.kill(launcher, signal.SIGKILL)
    assert has_ended(watch, PATIENCE)
    os.close(watch)
    worker.kill()
    worker.wait()
    assert not has_ended(survivor)
    seen, set_right = [], reconciler.set_right

    def look_and_set_right(*arguments):
        seen.append(has_ended(survivor, PATIENCE))
        return set_right(*arguments)

    monkeypatch.setattr(reconciler, "set_right", look_and_set_right)

    wait_until(lambda: reconciler.recover() or Build.get().state == State.QUEUED)

    assert seen == [True]


@pytest.mark.parametrize("name", sorted(SCRIPTS.keys() - {"without variables"}))
def test_what_outlives_a_launcher_alone_is_ended_with_the_command(name, start):
    worker, launcher, survivor = start("builds-1-1", SCRIPTS[name])

    os.kill(launcher, signal.SIGKILL)

    assert worker.stdout.readline() == f"{128 + signal.SIGKILL}\n"
    assert has_ended(survivor, PATIENCE)
