"""The parts of a running server, put together from its config."""

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from ec_builds.auth import provider
from ec_builds.auth.addresses import Addresses
from ec_builds.auth.caller import Caller
from ec_builds.auth.policy import Policy
from ec_builds.auth.rates import Rate
from ec_builds.auth.scopes import ALLOWED
from ec_builds.auth.secrets import new_encryption_key, read_private, signing_key, write_private
from ec_builds.auth.tokens import Tokens, admin
from ec_builds.config import Config
from ec_builds.engine.context import Tools
from ec_builds.engine.executors.contract import Executor
from ec_builds.engine.executors.inline import InlineExecutor, NoExecutor
from ec_builds.engine.executors.threads import ThreadExecutor
from ec_builds.engine.housekeeping import Housekeeper
from ec_builds.engine.leftovers import Leftovers
from ec_builds.engine.reconciler import Reconciler
from ec_builds.engine.runner import Runner
from ec_builds.engine.sandbox import Limits, Room, Sandbox, choose
from ec_builds.engine.sender import Sender
from ec_builds.engine.workers import Workers
from ec_builds.engine.workspace import Workspaces
from ec_builds.errors import ECError
from ec_builds.metrics import Metrics
from ec_builds.network import Network
from ec_builds.oci import Logins, Region
from ec_builds.plugins.builders import choose as choose_builder
from ec_builds.plugins.builders.contract import ImageSettings
from ec_builds.plugins.drivers.contract import Settings
from ec_builds.plugins.marked import has_secrets
from ec_builds.plugins.registry import Plugins
from ec_builds.services.accounts import Accounts
from ec_builds.services.applications import Applications
from ec_builds.services.apps import Apps
from ec_builds.services.audit import Audit
from ec_builds.services.builds import Builds
from ec_builds.services.collaborators import Collaborators
from ec_builds.services.collection import Collection
from ec_builds.services.configured import CodeSources, DataSources, Targets
from ec_builds.services.deployments import Deployments
from ec_builds.services.holdings import Objects, Variables
from ec_builds.services.images import Images
from ec_builds.services.invitations import Invitations, Offers
from ec_builds.services.invites import Invites
from ec_builds.services.kept import Kept
from ec_builds.services.keys import EncryptionKeys
from ec_builds.services.logs import Logs
from ec_builds.services.members import Members
from ec_builds.services.namespaces import Namespaces
from ec_builds.services.organisations import Organisations
from ec_builds.services.parts import (
    Artifacts, BuildImages, BuildObjects, BuildTags, BuildVariables, Jobs, Manifests,
)
from ec_builds.services.platforms import Platforms
from ec_builds.services.receipts import Receipts
from ec_builds.services.retention import Previews, Retention
from ec_builds.services.sites import Files, Sites
from ec_builds.services.slots import Slots
from ec_builds.services.stats import Stats
from ec_builds.services.submissions import Submissions
from ec_builds.services.tags import Tags
from ec_builds.services.tokens import AccountTokens
from ec_builds.services.types import Types
from ec_builds.services.webhooks import Webhooks
from ec_builds.storage import open_storage
from ec_builds.storage.contract import Storage
from ec_builds.store.database import Unreachable, bind, database
from ec_builds.store.figures import figures
from ec_builds.store.keeping import keeps_files
from ec_builds.store.migrations import migrate, require_tables
from ec_builds.uploads import Secret, Uploads
from ec_builds.watch import Watch

log = logging.getLogger(__name__)

#: What comes of a server that asks nobody, as builds share its network.
OPEN = (
    "EC_BUILDS_AUTH is open, and commands of builds reach this server as its admin, like everything"
    " on this machine: build only code that you trust."
)

__all__ = [
    "ALLOWED", "Runtime", "Unreachable", "assemble", "choose_builder", "has_secrets",
    "make_sandbox", "new_encryption_key", "prepare",
]


@dataclass(frozen=True)
class Runtime:
    """What the HTTP rooms and the command line work with."""

    config: Config
    metrics: Metrics
    plugins: Plugins
    storage: Storage
    sandbox: Sandbox
    executor: Executor
    tokens: Tokens
    addresses: Addresses
    policy: Policy
    failures: Rate
    starts: Rate
    apps: Apps
    codesources: CodeSources
    datasources: DataSources
    targets: Targets
    platforms: Platforms
    builds: Builds
    namespaces: Namespaces
    collaborators: Collaborators
    invites: Invites
    submissions: Submissions
    tags: Tags
    jobs: Jobs
    artifacts: Artifacts
    build_tags: BuildTags
    build_variables: BuildVariables
    build_objects: BuildObjects
    build_images: BuildImages
    manifests: Manifests
    webhooks: Webhooks
    variables: Variables
    objects: Objects
    applications: Applications
    organisations: Organisations
    slots: Slots
    images: Images
    deployments: Deployments
    retention: Retention
    previews: Previews
    members: Members
    invitations: Invitations
    offers: Offers
    accounts: Accounts
    account_tokens: AccountTokens
    receipts: Receipts
    stats: Stats
    types: Types
    sites: Sites
    files: Files
    logs: Logs
    watch: Watch
    audit: Audit
    keys: EncryptionKeys
    uploads: Uploads

    @property
    def admin_token_file(self):
        return self.config.home / "admin-token"

    def first_token(self):
        """The admin's token from its file, written there if it is new. Returns text, is_new."""
        path = self.admin_token_file
        text, is_new = self.tokens.first(read_private(path))
        if is_new:
            write_private(path, text)
        return text, is_new

    def check(self):
        """Whether the database answers and the storage takes files: raises Unreachable, OSError."""
        require_tables()
        self.storage.probe()

    def figures(self):
        """What the database knows of all runs. Raises Unreachable."""
        return figures()

    def warnings(self):
        """What an operator should know about a server that works, as sentences."""
        found = [str(each) for each in self.plugins.broken]
        if self.sandbox.warning:
            found.append(self.sandbox.warning)
        for type in self.config.drivers:
            if self.plugins.get("driver", type) is None:
                found.append(f"There is no driver “{type}”, which EC_BUILDS_DRIVERS enables.")
        if self.config.auth == "open":
            found.append(OPEN)
        return found

    def disconnect(self):
        """Close this thread's connection to the database; the next query opens another."""
        database.close()

    def knows(self, credential):
        """Whether a Token, or the Secret of an upload, is good at the moment."""
        try:
            if isinstance(credential, Secret):
                return self.slots.knows(credential.text)
            self.tokens.verify(credential.text)
        except ECError:
            return False
        except Unreachable:
            self.disconnect()
            return False
        return True

    def operator(self):
        """Whoever runs the server, and everybody where nobody is asked for a token."""
        return Caller(admin(), address="local")

    @cached_property
    def collections(self):
        """The things of each kind."""
        return {each.kind: each for each in vars(self).values() if isinstance(each, Collection)}


def prepare(config):
    """Bring home and database of a server up to date. Returns the names of new migrations.

    The connection stays open: SQLite removes its log when the last one is closed, and for that
    moment refuses whoever opens the next one.
    """
    open_storage(config.storage_url)  # before anything is changed, should it be wrong
    config.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_workspaces(config).clear_deserted()  # the database may need the room to begin
    bind(config.database_url)
    new = migrate()
    unlocked(config).seal_plain()
    return new


def assemble(config, plugins=None, writer=None):
    """The parts of a server; nothing is started. The database has to be prepared.

    writer: makes, of config and logs, what writes to webhooks; without one, nothing is sent to
    these by this process.
    """
    bind(config.database_url)
    plugins = plugins or Plugins.installed()
    storage = prepared_storage(config.storage_url)
    kept = Kept(storage)
    metrics = Metrics(config.home / "metrics")
    sandbox = make_sandbox(config)
    if sandbox.warning:
        log.warning(sandbox.warning)
    sandbox.groups.clear_away()
    tools, printed = make_tools(config, plugins, storage, sandbox, metrics), Logs(kept)
    executor = make_executor(config, tools, writer and writer(config, printed))
    policy, key = Policy(), signing_key(config.home)
    builds = Builds(policy, executor, plugins, config.drivers)
    namespaces, tags = Namespaces(policy, executor), Tags(builds)
    members, invitations, offers = Members(policy), Invitations(policy), Offers(policy)
    tokens, accounts = Tokens(key, make_provider(config)), Accounts(policy)
    apps, organisations = Apps(policy, executor), Organisations(policy)
    applications = Applications(apps, organisations, key, policy)
    slots = make_slots(config, kept)
    return Runtime(
        config=config,
        metrics=metrics,
        plugins=plugins,
        storage=storage,
        sandbox=sandbox,
        executor=executor,
        tokens=tokens,
        addresses=Addresses(key),
        policy=policy,
        failures=Rate(config.rate_logins, "failed logins"),
        starts=Rate(config.rate_builds, "builds and deployments"),
        apps=apps,
        codesources=CodeSources(plugins, policy),
        datasources=DataSources(plugins, policy),
        targets=Targets(plugins, policy),
        platforms=Platforms(plugins, policy, executor),
        builds=builds,
        namespaces=namespaces,
        collaborators=Collaborators(namespaces, members),
        invites=Invites(policy, invitations, offers),
        submissions=Submissions(builds, namespaces, kept, config.drivers),
        tags=tags,
        jobs=Jobs(policy),
        artifacts=Artifacts(kept, policy),
        build_tags=BuildTags(builds, tags),
        build_variables=BuildVariables(policy),
        build_objects=BuildObjects(policy),
        build_images=BuildImages(policy),
        manifests=Manifests(),
        webhooks=Webhooks(policy),
        variables=Variables(namespaces, policy),
        objects=Objects(namespaces, kept, policy),
        applications=applications,
        organisations=organisations,
        slots=slots,
        images=Images(
            builds, applications, organisations, slots, regions(config), way_out(config)
        ),
        deployments=Deployments(policy, executor, plugins),
        retention=Retention(policy),
        previews=Previews(policy),
        members=members,
        invitations=invitations,
        offers=offers,
        accounts=accounts,
        account_tokens=AccountTokens(accounts, tokens, policy, config.jwt_tokens),
        receipts=Receipts(),
        stats=Stats(policy),
        types=Types(plugins),
        sites=Sites(kept),
        files=Files(kept, policy),
        logs=printed,
        watch=Watch(storage),
        audit=Audit(policy),
        keys=unlocked(config),
        uploads=make_uploads(config),
    )


def make_provider(config):
    """The identity provider whose tokens are accepted; None where there is none.

    Its addresses are the operator's, so private ones are fine; it should be quick, and nobody
    else is asked in its place.
    """
    return provider.open_provider(
        Network(private="allow", timeout=5, patience=3, size_limit=provider.SIZE, redirects=0),
        issuer=config.jwt_issuer,
        audience=config.jwt_audience,
        jwks_url=config.jwt_jwks_url,
        key=config.jwt_key,
        skew=config.jwt_skew,
        mapping=config.jwt_claims,
        emails=config.jwt_emails,
    )


def unlocked(config):
    """The keys of configs, which this process knows from now on. Raises UsageError."""
    keys = EncryptionKeys(config.home, config.encryption_key)
    keys.unlock()
    return keys


def prepared_storage(url):
    """The storage, ready for files; if it is away, it is waited for, for it is not made anew."""
    storage = open_storage(url)
    storage.prepare(is_new=not keeps_files())
    try:
        storage.probe()
    except OSError as error:
        log.warning("The storage does not answer: %s", error)
    return storage


def make_tools(config, plugins, storage, sandbox, metrics):
    return Tools(
        plugins=plugins,
        storage=storage,
        network=way_out(config),
        sandbox=sandbox,
        cache=config.home / "cache",
        deploy_folder=config.deploy_folder and str(Path(config.deploy_folder).absolute()),
        metrics=metrics,
        drivers=driver_settings(config),
        images=image_settings(config),
        # inline, a run holds SQLite's only writer from its first stage to its last
        live_logs=config.executor != "inline",
    )


def driver_settings(config):
    """What drivers of manifests are told."""
    return Settings(
        enabled=config.drivers,
        images=Path(config.qemu_images).absolute(),
        cpus=config.qemu_cpus,
        limits=make_limits(config),
        network=config.container_network,
    )


def make_workspaces(config):
    return Workspaces(config.home / "workspaces")


def make_uploads(config):
    folder, is_open = config.home / "uploads", config.auth == "open"
    return Uploads(folder, config.upload_limit, Room.at, is_open)


def make_slots(config, kept):
    return Slots(kept, config.upload_chunk_size, config.upload_limit, config.upload_lifetime)


def regions(config):
    """The regions to whose registries images are pushed."""
    return tuple(Region.read(name, address) for name, address in config.registries)


def logins(config):
    """Gives the login for the registry of a region by its host."""
    return Logins(config.registry_logins).find


def way_out(config):
    """The way to whatever users name."""
    return Network(private=config.private_network, git_protocols=config.git_protocols)


#: The way to the registries of the regions, which are the operator's own.
TRUSTED = Network(private="allow")


def image_settings(config):
    """What those are told who build images."""
    return ImageSettings(config.image_builder, regions(config), logins(config), TRUSTED)


def make_sandbox(config):
    """What commands are fenced in with on this machine; it is tried out."""
    return choose(
        config.sandbox,
        let_through=config.build_environment,
        hidden=server_folders(config),
        limits=make_limits(config),
    )


def make_limits(config):
    return Limits(
        output=config.limit_output,
        workspace=config.limit_workspace,
        memory=config.limit_memory,
        processes=config.limit_processes,
        file=config.limit_file,
    )


def server_folders(config):
    """Where the server keeps things on this machine: no build may look into these."""
    yield config.home
    for url in (config.database_url, config.storage_url):
        scheme, _, path = url.partition("://")
        if scheme in ("sqlite", "file"):
            place = Path(unquote(path))
            yield place.parent if scheme == "sqlite" else place
    if config.deploy_folder:
        yield Path(config.deploy_folder)


def make_executor(config, tools, writer=None):
    if config.executor == "none":
        return NoExecutor()
    workers, workspaces = Workers(config.home / "workers"), make_workspaces(config)
    runner = Runner(tools, workspaces, config.build_timeout)
    reconciler = Reconciler(tools.storage, workers, workspaces, tools.metrics)
    sender = writer and Sender(tools.network, writer)
    if config.executor == "inline":
        return InlineExecutor(runner, reconciler, sender)
    leftovers = Leftovers(regions(config), logins(config), TRUSTED)
    housekeeper = Housekeeper(tools.storage, config.artifact_limit, leftovers)
    return ThreadExecutor(
        runner, reconciler, config.concurrency, grace=config.grace, housekeeper=housekeeper,
        sender=sender,
    )
