"""The story that the demo tells: from a repository to a site, step by step.

A step is a function of the story. It returns a sentence about what is there
now, and facts beside it. What later steps need are fields of the story. After the
server has started, everything is found by following links from its root.
"""

import hashlib
import html
import io
import re
import shutil
import tempfile
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path

import click
from rich.filesize import decimal

from ec_builds.cli.demo import repository
from ec_builds.cli.demo.menu import Menu
from ec_builds.cli.demo.server import Server
from ec_builds.cli.demo.trouble import Trouble
from ec_builds.cli.result import Result
from ec_builds.client import ClientError, Run, Session

COLOR = "#92400e"
#: What a step may stumble over; everything else is a mistake of ours.
STUMBLES = (Trouble, ClientError, click.ClickException, OSError, zipfile.BadZipFile)


class Failed(Exception):
    """A step could not be done; the message says which, why, and what the server said last."""

    def __init__(self, title, error, last_words):
        why = error.format_message() if isinstance(error, click.ClickException) else str(error)
        told = f"The demo failed while {title[0].lower()}{title[1:]}: {why.rstrip('.')}."
        super().__init__("\n".join([told, *(f"  server: {line}" for line in last_words)]))


class Story:
    """Everything that the steps share; leaving it ends server and connections."""

    def __init__(self, folder, display):
        self.folder, self.display = folder, display
        self.server = Server(folder)
        self.zip = self.zip_folder = None
        self.steps, self.events = [], 0
        self.closing = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.closing.close()
        if kind and self.zip_folder:
            shutil.rmtree(self.zip_folder, ignore_errors=True)

    def tell(self):
        """Take all steps. Returns what there is to say at the end."""
        began = time.monotonic()
        for title, step in STEPS:
            start = time.monotonic()
            try:
                said, facts = step(self)
            except STUMBLES as error:
                raise Failed(title, error, self.server.last_words()) from error
            self.display.line("info", said, facts)
            seconds = round(time.monotonic() - start, 3)
            self.steps.append({"step": title, "said": said, "seconds": seconds})
        return {
            "app": {"appID": self.app["appID"], "title": self.app["title"]},
            "buildID": self.build["buildID"],
            "events": self.events,
            "zip": {"path": str(self.zip), **self.received._asdict()},
            "site": {"url": self.site, "title": self.title},
            "seconds": round(time.monotonic() - began, 1),
            "steps": self.steps,
        }


def unpack_repository(story):
    story.repository = story.folder / "bakery.git"
    branches, commits = repository.unpack(story.repository)
    return f"A git repository with {commits} commits", f"branches {' and '.join(branches)}"


def open_menu(story):
    story.menu = story.closing.enter_context(Menu())
    return "A JSON API with the data, two pages long", story.menu.url


def start_server(story):
    story.closing.callback(story.server.stop)
    with story.display.busy("Starting a server"):
        root = story.server.start()
        story.session = story.closing.enter_context(Session(root, story.server.token))
        story.root = story.session.root()  # waits in line until a process answers
    return f"A server with a home of its own, {story.root['msg'].rpartition(' ')[2]}", root


def create_app(story):
    story.app = story.root.create("self", {"title": "Three Oaks Bakery", "hexColor": COLOR})
    return f"An app, “{story.app['title']}”", "POST self"


def create_sources(story):
    giturl = story.repository.as_uri()
    story.code = story.app.create(
        "ec:app/codesources",
        {"codeSourceType": "remoteGit", "config": {"giturl": giturl, "branch": "main"}},
    )
    story.data = story.app.create(
        "ec:app/datasources",
        {"dataSourceType": "ownDataManager", "config": {"url": story.menu.url}},
    )
    told = "A code source for the repository, a data source for the API"
    return told, "POST ec:app/codesources, ec:app/datasources"


def create_targets(story):
    wanted = {"localWebServer": {"path": "bakery"}, "zipDownload": {"filename": "bakery.zip"}}
    story.targets = [
        story.app.create("ec:app/targets", {"targetType": type, "config": config})
        for type, config in wanted.items()
    ]
    return "Two targets, a web server and a download", "POST ec:app/targets"


def create_platform(story):
    story.platform = story.app.create(
        "ec:app/platforms",
        {
            "title": "Web site",
            "platformType": "website",
            "config": {
                "commands": ["sh bake.sh", "sh taste.sh"],
                "environment": {"BAKER": "Mathilda"},
                "buildDir": "dist",
            },
            "_links": {
                "ec:app/codesource": {"href": story.code.href},
                "ec:app/datasource": {"href": story.data.href},
                "ec:app/target": [{"href": target.href} for target in story.targets],
            },
        },
    )
    return "A platform that joins them, and bakes with two commands", "POST ec:app/platforms"


def build(story):
    started = story.platform.create("ec:app/builds", {"comment": "Made by ec-builds demo"})
    story.display.line("info", "A build is accepted", "POST ec:app/builds")
    story.build, count = followed(story, started)
    return f"Build {story.build['buildID']} is done", f"{count} events"


def followed(story, resource):
    """A run at its end, and how many events it had."""
    run = Run(resource)
    count = story.display.follow(run, indent=2)
    story.events += count
    if not run.has_succeeded:
        raise Trouble(run.detail or "the server does not say why")
    return run.resource, count


def download_zip(story):
    story.zip_folder = Path(tempfile.mkdtemp(prefix="ec-builds-bakery-"))
    story.zip = story.zip_folder / "bakery.zip"
    story.received = Result(story.build).save(story.zip, story.display)
    return "The zip is here", f"{decimal(story.received.size)}, GET buildLocation"


def check_zip(story):
    promised = story.build["buildLocation"]["config"]
    content = story.zip.read_bytes()
    if len(content) != promised["size"]:
        raise Trouble(f"it has {len(content)} bytes, not {promised['size']}")
    if hashlib.sha256(content).hexdigest() != promised["sha256"]:
        raise Trouble("its SHA-256 is not the one that the build has promised")
    with zipfile.ZipFile(story.zip) as packed:
        if broken := packed.testzip():
            raise Trouble(f"{broken} in it is broken")
        names = packed.namelist()
    missing = {"index.html", "menu.html", "data.json"} - set(names)
    if missing:
        raise Trouble(f"{', '.join(sorted(missing))} is not in it")
    return f"Its size, its SHA-256 and its {len(names)} files are right", promised["sha256"][:16]


def deploy(story):
    started = story.platform.create(
        "ec:app/deployments/options",
        {"comment": "Made by ec-builds demo"},
        buildID=story.build["buildID"],
        targetID=[target["targetID"] for target in story.targets],
    )
    story.display.line("info", "A deployment is accepted", "POST ec:app/deployments/options")
    deployment, count = followed(story, started)
    story.site, story.download = deployment["results"]
    return f"Deployment {deployment['deploymentID']} is done", f"{count} events"


def visit_site(story):
    page, copy = io.BytesIO(), io.BytesIO()
    story.session.download(story.site, page)
    title = re.search(r"<title>(.*?)</title>", page.getvalue().decode(), re.S)
    if not title:
        raise Trouble(f"the page at {story.site} has no title")
    story.title = html.unescape(title[1]).strip()
    if story.session.download(story.download, copy) != story.received:
        raise Trouble(f"the file at {story.download} is not the zip of the build")
    return f"The site is up: “{story.title}”", f"GET {story.site}"


STEPS = (
    ("Unpacking a git repository", unpack_repository),
    ("Opening a JSON API", open_menu),
    ("Starting a server", start_server),
    ("Creating an app", create_app),
    ("Creating code source and data source", create_sources),
    ("Creating targets", create_targets),
    ("Creating a platform", create_platform),
    ("Building", build),
    ("Downloading the zip", download_zip),
    ("Checking the zip", check_zip),
    ("Deploying", deploy),
    ("Visiting the site", visit_site),
)
