"""What a doctor looks at. A check only looks: nothing is made, migrated or started."""

import os
import platform
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ec_builds import __version__
from ec_builds.cli import database
from ec_builds.cli.types import WORDS, installed
from ec_builds.config import unknown
from ec_builds.errors import BuildError, UsageError
from ec_builds.runtime import (
    EncryptionKeys,
    Unreachable,
    bind,
    choose_builder,
    driver_settings,
    greet_registries,
    keeps_files,
    make_limits,
    make_provider,
    make_sandbox,
    open_storage,
)
from ec_builds.runtime import database as bound

#: The first git whose connections can be pinned to the addresses that were checked.
PINNING = (2, 37)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `state` is ok, warn or bad; `advice` says what to do."""

    check: str
    state: str
    says: str
    advice: str | None = None


def look(config):
    """All findings, in the order in which people read them."""
    for check in CHECKS:
        yield from check(config)


def version(config):
    yield Finding("version", "ok", f"ec-builds {__version__}")


def python(config):
    yield Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")


def home(config):
    yield folder("home", config.home, "EC_BUILDS_HOME names another folder")
    if config.home.is_dir() and config.home.stat().st_mode & 0o077:
        says = f"{config.home} can be entered or read by others"
        yield Finding("rights", "warn", says, f"chmod 700 {shlex.quote(str(config.home))}")


def token(config):
    """Where the admin's token is, and whether anybody needs one."""
    path = config.home / "admin-token"
    if config.auth == "open":
        yield Finding("token", "ok", "nobody on this machine is asked for one")
    elif path.exists():
        yield Finding("token", "ok", f"the admin's is in {path}")
    else:
        yield Finding("token", "ok", f"the admin's will be in {path} after the first start")


def issuer(config):
    """Whose tokens are accepted besides our own, and whether their keys can be had."""
    advice = "look at the settings that begin with EC_BUILDS_JWT_"
    try:
        provider = make_provider(config)
        if provider is None:
            yield Finding("issuer", "ok", "none but us; EC_BUILDS_JWT_ISSUER names another one")
        else:
            yield Finding("issuer", "ok", f"{config.jwt_issuer}: {provider.keys.check()}")
            yield from plain_keys(config)
    except UsageError as error:
        yield Finding("issuer", "bad", str(error), advice)
    except BuildError as error:
        yield Finding("issuer", "warn", f"{config.jwt_issuer}: {error}", advice)


def plain_keys(config):
    """Whether somebody on the way could give keys of their own for those of the provider."""
    place = urlsplit(config.jwt_jwks_url or config.jwt_issuer)
    is_here = place.hostname in ("localhost", "127.0.0.1", "::1")
    if place.scheme == "http" and not is_here and not config.jwt_key:
        says = "its keys come by http: who is on the way can make tokens of their own"
        yield Finding("keys", "warn", says, "let the provider be asked by https")


def network(config):
    """What sources may reach, and where targets may write."""
    if config.private_network == "allow":
        yield Finding("network", "ok", "sources may reach every address, private ones too")
    else:
        says = "sources may not reach loopback and private addresses"
        yield Finding("network", "ok", f"{says}; EC_BUILDS_PRIVATE_NETWORK=allow lets them")
    folder = config.deploy_folder or "none; EC_BUILDS_DEPLOY_FOLDER sets one aside"
    if config.deploy_folder and not config.deploy_folder.is_dir():
        advice = "make it, or change EC_BUILDS_DEPLOY_FOLDER"
        yield Finding("deploy", "warn", f"{folder} is not a folder", advice)
        return
    yield Finding("deploy", "ok", f"folder for targets of type folder: {folder}")


def storage(config):
    try:
        opened = open_storage(config.storage_url)
    except UsageError as error:
        yield Finding("storage", "bad", str(error), "change EC_BUILDS_STORAGE_URL")
        return
    path = Path(unquote(urlsplit(config.storage_url).path))
    if not answer(config.database_url, keeps_files, otherwise=False):
        yield folder("storage", path, "EC_BUILDS_STORAGE_URL names another place")
        return
    try:
        opened.probe()
    except OSError as error:
        advice = "the database knows of files in it; bring it back, or make room"
        yield Finding("storage", "bad", f"{path}: {error.strerror or error}", advice)
    else:
        yield Finding("storage", "ok", f"{path} can be written to")


def sealing(config):
    """Whether the keys are there that configs are sealed with."""
    used = answer(config.database_url, EncryptionKeys.used, otherwise={})
    try:
        says = EncryptionKeys(config.home, config.encryption_key).look(used)
    except (UsageError, OSError) as error:
        advice = "copy encryption-key from where this database was used last"
        yield Finding("sealing", "bad", str(error), advice)
    else:
        yield Finding("sealing", "ok", says)


def answer(url, question, otherwise):
    """What a database says, or otherwise if it cannot; what is wrong with it, `tables` says."""
    try:
        database.check(url)
        if database.is_missing(url):
            return otherwise
        bind(url)
        with database.whole():
            if table_version(bound.obj) != newest_version():
                return otherwise
            with bound.obj.connection_context():
                return question()
    except (UsageError, OSError, database.Broken, *Unreachable):
        return otherwise


def folder(check, path, advice):
    """Whether files can be written to a folder, or to the place where it will be made."""
    ground = path
    while not ground.exists() and ground != ground.parent:
        ground = ground.parent
    if not ground.is_dir():
        return Finding(check, "bad", f"{path}: {ground} is not a folder", advice)
    if not os.access(ground, os.W_OK | os.X_OK):
        return Finding(check, "bad", f"{path}: {ground} cannot be written to", advice)
    if ground == path:
        return Finding(check, "ok", f"{path} can be written to")
    return Finding(check, "ok", f"{path} will be made at the first start")


def tables(config):
    """Whether the database answers, and whether its tables are ours."""
    url, place = config.database_url, database.place(config.database_url)
    try:
        database.check(url)
        if database.is_missing(url):
            yield new_database(url, place)
            return
        bind(url)
        with database.whole():
            found = table_version(bound.obj)
        newest = newest_version()
    except (UsageError, OSError, database.Broken, *Unreachable) as error:
        told = f"{place}: {database.reason(error, url)}"
        yield Finding("database", "bad", told, "EC_BUILDS_DATABASE_URL says where it is")
    else:
        yield compared(place, found, newest)


def compared(place, found, newest):
    """What the version of the tables means for this release."""
    if found == newest:
        return Finding("database", "ok", f"{place} answers, its tables are at version {found}")
    if found < newest:
        told = f"{place} answers, its tables are at version {found} of {newest}"
        return Finding("database", "warn", told, "ec-builds migrate brings them up to date")
    told = f"{place}: its tables are at version {found}, this release knows {newest}"
    return Finding("database", "bad", told, "use the release that it was last used with")


def new_database(url, place):
    """Whether a SQLite file can be made."""
    found = folder("database", database.file(url).parent, "EC_BUILDS_DATABASE_URL says where it is")
    if found.state == "bad":
        return found
    return Finding("database", "ok", f"{place} will be made at the first start")


def table_version(opened):
    """The version of the tables; 0 if there are none."""
    with opened.connection_context():
        if not opened.table_exists("migration"):
            return 0
        return opened.execute_sql("SELECT COALESCE(MAX(id), 0) FROM migration").fetchone()[0]


def newest_version():
    """The version that this release brings along. Raises UsageError if it brings none."""
    sheets = files("ec_builds.store.migrations").iterdir()
    numbers = [int(sheet.name[:4]) for sheet in sheets if sheet.name.endswith(".sql")]
    if not numbers:
        raise UsageError("This installation lacks its SQL files; install it again.")
    return max(numbers)


def git(config):
    """Whether git is there, and new enough for what code sources may use."""
    if shutil.which("git") is None:
        advice = "install git 2.37 or newer"
        yield Finding("git", "bad", "not found, so no repository can be fetched", advice)
        return
    told = subprocess.run(["git", "version"], capture_output=True, text=True).stdout
    match = re.search(r"(\d+)\.(\d+)[.\d]*", told)
    found = (int(match[1]), int(match[2])) if match else (0, 0)
    allowed = ", ".join(config.git_protocols)
    says = f"{match[0] if match else 'of an unknown version'}, may use {allowed}"
    if found < PINNING and {"http", "https"} & set(config.git_protocols):
        told = f"{says}; too old for http and https"
        yield Finding("git", "bad", told, "install git 2.37 or newer")
    else:
        yield Finding("git", "ok", says)


def sandbox(config):
    """What commands are fenced in with, and who keeps them to which limits."""
    try:
        chosen = make_sandbox(config)
    except UsageError as error:
        yield Finding("sandbox", "bad", str(error), "install bubblewrap, or choose auto")
    else:
        yield Finding("sandbox", "warn" if chosen.warning else "ok", chosen.says, chosen.advice)
        yield groups(chosen.groups.controllers)
    says = f"a run may use {make_limits(config).says}"
    yield Finding("limits", "ok", f"{says}; EC_BUILDS_LIMIT_… changes them")


def groups(usable):
    """Whether the kernel keeps runs to their limits, or somebody has to look."""
    if usable:
        says = "control groups work: the kernel keeps runs to their memory and processes"
        return Finding("groups", "ok", says)
    says = (
        "no control groups can be made: memory and processes of runs are looked at ten times a "
        "second, and a run that grows faster is ended too late"
    )
    advice = "a server that is started by systemd-run --user --scope may make some"
    return Finding("groups", "warn", says, advice)


def user(config):
    """Who the server would be, and with it the commands that are not fenced in."""
    if uid := os.geteuid():
        yield Finding("user", "ok", f"{name_of(uid)}, who is not root")
        return
    says = (
        "root: builds can read what root alone may read below /usr, and are root themselves where "
        "they are not fenced in"
    )
    yield Finding("user", "warn", says, f"start it as a user of its own, who owns {config.home}")


def name_of(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # in a container, any number may do
        return f"user {uid}"


def executor(config):
    if config.executor == "threads":
        yield Finding("executor", "ok", f"threads, {config.concurrency} at a time per process")
    elif config.executor == "none":
        yield Finding("executor", "ok", "none: builds wait until an ec-builds worker runs")
    else:
        told = f"{config.executor}: requests wait for builds"
        yield Finding("executor", "warn", told, "it is for tests; use threads")


def settings(config):
    strange = unknown()
    for name in strange:
        yield Finding("settings", "warn", f"{name} is no setting of ours", "look at its spelling")
    if not strange:
        yield Finding("settings", "ok", "all variables that begin with EC_BUILDS_ are known")


def plugins(config):
    found = installed()
    types = sum(len(found.types(kind)) for kind in WORDS)
    yield Finding("plugins", "ok", f"{types} installed; ec-builds types shows them")
    for each in found.broken:
        yield Finding("plugins", "warn", str(each), "mend or remove its package")


def drivers(config):
    """What may run the jobs of manifests, and whether it can here."""
    found, settings = installed(), driver_settings(config)
    for type in config.drivers:
        driver = found.get("driver", type)
        if driver is None:
            says = f"there is no driver “{type}”, which EC_BUILDS_DRIVERS enables"
            yield Finding("drivers", "warn", says, f"there are {', '.join(found.types('driver'))}")
        elif lack := driver.missing(settings):
            yield Finding("drivers", "warn", f"{type}: {lack}", "builds that need it will fail")
        else:
            yield Finding("drivers", "ok", f"{type} works")


def images(config):
    """What builds container images, and who is root meanwhile."""
    wanted = config.image_builder
    try:
        builder = choose_builder(wanted)
    except BuildError as error:
        # who wants none is not bothered
        state = "warn" if config.registries or wanted != "auto" else "ok"
        yield Finding("images", state, f"{error}.", "apt install buildah uidmap")
        return
    if builder.name == "docker":
        yield Finding("images", "ok", "docker builds images, and its daemon fences their steps in")
        return
    try:
        chosen = make_sandbox(config)
    except UsageError:
        return  # told already
    says, advice = f"{builder.name} builds images; {chosen.nesting}", chosen.nesting_advice
    yield Finding("images", "warn" if advice else "ok", says, advice)


def registries(config):
    """Whether the registry of each region is there, and lets the server in."""
    if not config.registries:
        says = "none, so no images of containers are built; EC_BUILDS_REGISTRIES names some"
        yield Finding("registries", "ok", says)
    for region, host, wrong in greet_registries(config):
        if wrong is None:
            yield Finding("registries", "ok", f"{region}: {host} answers, and lets the server in")
        else:
            advice = "look at EC_BUILDS_REGISTRIES and EC_BUILDS_REGISTRY_LOGINS"
            yield Finding("registries", "warn", f"{region}: {wrong}", advice)


CHECKS = (
    version,
    python,
    user,
    home,
    token,
    issuer,
    tables,
    sealing,
    storage,
    git,
    network,
    sandbox,
    drivers,
    images,
    registries,
    executor,
    settings,
    plugins,
)
