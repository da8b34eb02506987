"""The jobs that follow from a manifest, in the order in which they run."""

import re
from dataclasses import dataclass, field
from typing import Literal

from ec_builds.manifest.parts import Manifest, Source

DRIVER_JOB = "create driver"


@dataclass(frozen=True)
class PlannedJob:
    """A job as it is shown before it runs, and what kind of work it is."""

    stage: str
    name: str
    #: What is run; for a clone, what somebody would type who did the same.
    commands: list[str] = field(default_factory=list)
    artifacts: dict[str, str] = field(default_factory=dict)
    may_fail: bool = False
    kind: Literal["driver", "clone", "commands"] = "commands"
    #: What a clone clones.
    source: Source | None = None


def plan(manifest: Manifest, number: int) -> list[PlannedJob]:
    """All jobs of build `number`: those that set it up, then those of each stage."""
    setup = f"setup - #{number}"
    jobs = [PlannedJob(setup, DRIVER_JOB, kind="driver")]
    for place, source in enumerate(manifest.sources, start=1):
        name = f"clone.{place}"
        jobs.append(PlannedJob(setup, name, cloning(source), kind="clone", source=source))
    order = {stage: place for place, stage in enumerate(manifest.stages)}
    return jobs + sorted(named(manifest), key=lambda job: order[job.stage])


def cloning(source):
    """The commands that clone a source."""
    commands = [
        f"mkdir -p {source.dir}",
        f"git clone -q {source.url} {source.dir}",
        f"cd {source.dir}",
    ]
    return [*commands, f"git checkout -q {source.ref}"] if source.ref else commands


def named(manifest):
    """The jobs whose stages there are, in the manifest's order: it decides about their names."""
    stages = frozenset(manifest.stages)
    before, count = None, 0
    for job in manifest.jobs:
        if job.stage not in stages:
            continue
        count = count + 1 if job.stage == before else 1
        before = job.stage
        yield PlannedJob(
            stage=job.stage,
            name=job.name or f"{job.stage}.{count}",
            commands=job.commands,
            artifacts=job.artifacts,
            may_fail=job.stage in manifest.allow_failures,
        )


def slug(name: str) -> str:
    """A name as it may also be written in addresses: `Unit Tests` is `unit-tests`."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-").lower()
