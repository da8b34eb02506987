"""Builds by a manifest: stages of jobs, run by a driver (manifest reference, sections 4 and 5)."""

from ec_builds.errors import BuildError, TimedOut
from ec_builds.manifest import grammar
from ec_builds.manifest.plan import plan
from ec_builds.manifest.script import script
from ec_builds.plugins import paths, schemas, trees
from ec_builds.plugins.codesources.clone import clone
from ec_builds.plugins.contract import Outline, Part, Platform

#: Where the manifest is looked for in the code.
FILE = ".djinn.yml"
#: Bytes of a manifest.
LONGEST = 256 * 1024
#: Seconds until the environment has to be there.
PATIENCE = 5 * 60


class ManifestPlatform(Platform):
    """Runs the jobs of a manifest one after the other, and publishes their artifacts."""

    type = "manifest"
    config_schema = schemas.config(
        {
            "manifest": {
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST,
                "description": "The manifest itself, as YAML.",
            },
            "file": {
                "type": "string",
                "pattern": schemas.RELATIVE,
                "maxLength": 1000,
                "default": FILE,
                "description": "The file in the code that is the manifest, if it is not here.",
            },
        }
    ) | {"not": {"required": ["manifest", "file"]}}
    #: What is written for secrets in what jobs print.
    cover = "xxxxxx"

    @classmethod
    def check(cls, config):
        if "manifest" in config:
            read(config["manifest"])

    @classmethod
    def outline(cls, config, number):
        if "manifest" not in config:
            return None
        manifest = read(config["manifest"])
        return outlined(config["manifest"], manifest, plan(manifest, number or 1))

    def build(self, config, context):
        text = config["manifest"] if "manifest" in config else found(config, context.code)
        manifest = read(text)
        steps = plan(manifest, context.facts.get("number") or 1)
        jobs = context.jobs(outlined(text, manifest, steps))
        driver_class = context.driver(manifest.driver["type"])
        driver = driver_class(
            manifest.driver, context, context.variables(), context.driver_settings
        )
        for remark in manifest.remarks:
            context.note(f"The manifest has a mistake: {remark}", "warn")
        try:
            Course(driver, context, manifest.remarks).run(steps, jobs)
        finally:
            driver.end()
        return context.gather()


class Course:
    """The jobs of one build, from the first to the last that is run."""

    def __init__(self, driver, context, remarks=()):
        self.driver, self.context, self.remarks = driver, context, remarks
        self.failed = []

    def run(self, steps, jobs):
        stage = steps[0].stage
        for step, job in zip(steps, jobs, strict=True):
            if step.stage != stage:
                stage = step.stage
                self.context.print("")
            job.start()
            getattr(self, f"run_{step.kind}")(step, job)
        if self.failed:
            names = ", ".join(f"“{paths.shown(name)}”" for name in self.failed[:10])
            self.context.pardon(f"Of the jobs that may fail, these did: {names}")

    def run_driver(self, step, job):
        """Bring the environment up, and the objects into it."""
        facts = {"driver": self.driver.type}
        try:
            with self.context.action("Preparing the environment", "Environment ready", **facts):
                self.driver.begin(self.context.print)
        except BuildError as error:
            self.context.print(f"\nERR: {error}\n\nDone. No jobs run.")
            job.end(failed=True)
            raise
        for remark in self.remarks:
            self.context.print(f"Manifest {remark}")
        for each in self.context.objects():
            self.place(each)
        job.end()

    def place(self, each):
        """An object that cannot be placed is told of, and does not matter otherwise."""
        self.context.print(f"Placing object {each.source} => {each.name}")
        try:
            with trees.scratch(self.context.workspace, "object-") as folder:
                self.driver.place(each.fetch(folder), each.name)
            each.placed()
        except TimedOut:
            raise
        except BuildError as error:
            told = f"Failed to place object {each.source} => {each.name}: {error}"
            self.context.print(told)

    def run_clone(self, step, job):
        source = step.source
        made, done = step.commands[:2], step.commands[2:]
        for line in made:
            self.context.print(f"+ {line}")
        try:
            with trees.scratch(self.context.workspace, "source-") as folder:
                with self.context.action("Cloning", "Cloned", giturl=source.url) as facts:
                    facts |= clone(source.url, source.ref or None, folder / "tree", self.context)
                self.driver.put(folder / "tree", source.dir)
        except BuildError as error:
            self.context.print(f"ERR: {error}")
            job.end(failed=True)
            raise
        for line in done:
            self.context.print(f"+ {line}")
        job.end()

    def run_commands(self, step, job):
        try:
            code = self.driver.run(step.name, script(step.commands))
        except TimedOut:
            raise
        except BuildError as error:
            self.context.print(f"\nERR: {error}")
            job.end(failed=True)
            raise
        for source, name in step.artifacts.items():
            self.collect(job, source, name)
        job.end(failed=code != 0)
        if code == 0:
            return
        if not step.may_fail:
            told = f"The job “{paths.shown(step.name)}” failed with exit code {code}"
            raise BuildError(told, job=step.name, stage=step.stage, exitCode=code)
        self.failed.append(step.name)

    def collect(self, job, source, name):
        """An artifact that cannot be collected is told of, and does not matter otherwise."""
        self.context.print(f"Collecting artifact {source} => {name}")
        try:
            with trees.scratch(self.context.workspace, "artifact-") as folder:
                files = self.driver.collect(source, folder)
                if not files:
                    raise BuildError("there is no such file")
                job.keep(source, files)
        except TimedOut:
            raise
        except BuildError as error:
            told = f"Failed to collect artifact {source} => {name}: {error}"
            self.context.print(told)


def read(text):
    """A manifest, whatever driver it needs. Raises BuildError with the first fault."""
    return grammar.read(text, drivers=tuple(grammar.KNOWN))


def found(config, code):
    """The manifest in the code."""
    name = config.get("file", FILE)
    paths.relative(name, "file")
    place = code / name
    if not paths.inside(code, place) or not place.is_file():
        raise BuildError(f"There is no manifest “{paths.shown(name)}” in the code", file=name)
    if place.stat().st_size > LONGEST:
        raise BuildError(f"The manifest “{paths.shown(name)}” is larger than {LONGEST} bytes")
    return place.read_bytes().decode("utf-8", "surrogateescape")


def outlined(text, manifest, steps):
    """What is known of a build by a manifest before it runs."""
    parts = tuple(
        Part(
            step.stage, step.name, "\n".join(step.commands), step.kind, step.may_fail,
            tuple(step.artifacts.items()),
        )
        for step in steps
    )
    environment, objects = tuple(manifest.env), tuple(manifest.objects.items())
    return Outline(text, manifest.driver["type"], parts, environment, objects)
