"""Puts the parts of a server together, from its config."""

import logging
from dataclasses import dataclass

from ec_builds.auth import provider
from ec_builds.auth.addresses import Addresses
from ec_builds.auth.policy import Policy
from ec_builds.auth.rates import Rate
from ec_builds.auth.secrets import signing_key
from ec_builds.auth.tokens import Tokens
from ec_builds.config import Config
from ec_builds.engine.executors.contract import Executor
from ec_builds.engine.sandbox import Room, Sandbox
from ec_builds.metrics import Metrics
from ec_builds.network import Network
from ec_builds.plugins.registry import Plugins
from ec_builds.runtime.ground import prepared_storage, unlocked
from ec_builds.runtime.parts import Runtime
from ec_builds.runtime.workshop import (
    make_executor, make_sandbox, make_tools, regions, way_out,
)
from ec_builds.services.accounts import Accounts
from ec_builds.services.applications import Applications
from ec_builds.services.apps import Apps
from ec_builds.services.audit import Audit
from ec_builds.services.builds import Builds
from ec_builds.services.collaborators import Collaborators
from ec_builds.services.configured import CodeSources, DataSources, Targets
from ec_builds.services.deployments import Deployments
from ec_builds.services.holdings import Objects, Variables
from ec_builds.services.images import Images
from ec_builds.services.invitations import Invitations, Offers
from ec_builds.services.invites import Invites
from ec_builds.services.kept import Kept
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
from ec_builds.storage.contract import Storage
from ec_builds.store.database import bind
from ec_builds.uploads import Uploads
from ec_builds.watch import Watch

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Base:
    """What services are made of; all but `key`, `kept` and `config` alone are parts themselves."""

    config: Config
    plugins: Plugins
    storage: Storage
    metrics: Metrics
    sandbox: Sandbox
    executor: Executor
    policy: Policy
    logs: Logs
    kept: Kept
    #: What tokens and addresses are signed with.
    key: str


def assemble(config, plugins=None, writer=None):
    """The parts of a server; nothing is started. The database has to be prepared.

    writer: makes, of config and logs, what writes to webhooks; without one, nothing is sent to
    these by this process.
    """
    bind(config.database_url)
    base = lay(config, plugins or Plugins.installed(), writer)
    builds = Builds(base.policy, base.executor, base.plugins, config.drivers)
    apps, people = Apps(base.policy, base.executor), of_people(base)
    return Runtime(
        config=config,
        plugins=base.plugins,
        storage=base.storage,
        metrics=base.metrics,
        sandbox=base.sandbox,
        executor=base.executor,
        policy=base.policy,
        logs=base.logs,
        apps=apps,
        builds=builds,
        **people,
        **of_apps(base),
        **of_builds(base),
        **by_manifests(base, builds, people),
        **of_images(base, builds, apps),
        **of_server(base),
    )


def lay(config, plugins, writer):
    """What the services of a server stand on."""
    storage, metrics = prepared_storage(config.storage_url), Metrics(config.home / "metrics")
    sandbox, kept = make_sandbox(config), Kept(storage)
    if sandbox.warning:
        log.warning(sandbox.warning)
    sandbox.groups.clear_away()
    tools, logs = make_tools(config, plugins, storage, sandbox, metrics), Logs(kept)
    return Base(
        config=config,
        plugins=plugins,
        storage=storage,
        metrics=metrics,
        sandbox=sandbox,
        executor=make_executor(config, tools, writer and writer(config, logs)),
        policy=Policy(),
        logs=logs,
        kept=kept,
        key=signing_key(config.home),
    )


def of_people(base):
    """Who is who, and who belongs where."""
    config, policy = base.config, base.policy
    tokens, accounts = Tokens(base.key, make_provider(config)), Accounts(policy)
    return {
        "tokens": tokens,
        "addresses": Addresses(base.key),
        "accounts": accounts,
        "account_tokens": AccountTokens(accounts, tokens, policy, config.jwt_tokens),
        "members": Members(policy),
        "invitations": Invitations(policy),
        "offers": Offers(policy),
        "failures": Rate(config.rate_logins, "failed logins"),
        "starts": Rate(config.rate_builds, "builds and deployments"),
        "receipts": Receipts(),
        "audit": Audit(policy),
    }


def of_apps(base):
    """What apps have, besides builds."""
    plugins, policy, executor = base.plugins, base.policy, base.executor
    return {
        "codesources": CodeSources(plugins, policy),
        "datasources": DataSources(plugins, policy),
        "targets": Targets(plugins, policy),
        "platforms": Platforms(plugins, policy, executor),
        "deployments": Deployments(policy, executor, plugins),
        "retention": Retention(policy),
        "previews": Previews(policy),
        "stats": Stats(policy),
        "types": Types(plugins),
        "sites": Sites(base.kept),
        "files": Files(base.kept, policy),
    }


def of_builds(base):
    """What builds have."""
    return {
        "jobs": Jobs(base.policy),
        "artifacts": Artifacts(base.kept, base.policy),
        "build_variables": BuildVariables(base.policy),
        "build_objects": BuildObjects(base.policy),
        "build_images": BuildImages(base.policy),
        "manifests": Manifests(),
    }


def by_manifests(base, builds, people):
    """What is there for builds by manifests, and for those who have these."""
    policy, kept = base.policy, base.kept
    namespaces, tags = Namespaces(policy, base.executor), Tags(builds)
    return {
        "namespaces": namespaces,
        "collaborators": Collaborators(namespaces, people["members"]),
        "invites": Invites(policy, people["invitations"], people["offers"]),
        "submissions": Submissions(builds, namespaces, kept, base.config.drivers),
        "tags": tags,
        "build_tags": BuildTags(builds, tags),
        "variables": Variables(namespaces, policy),
        "objects": Objects(namespaces, kept, policy),
        "webhooks": Webhooks(policy),
    }


def of_images(base, builds, apps):
    """What is there for images of containers."""
    config, policy = base.config, base.policy
    organisations = Organisations(policy)
    applications = Applications(apps, organisations, base.key, policy)
    lasting = config.upload_limit, config.upload_lifetime
    slots = Slots(base.kept, config.upload_chunk_size, *lasting)
    ways = regions(config), way_out(config)
    return {
        "applications": applications,
        "organisations": organisations,
        "slots": slots,
        "images": Images(builds, organisations, slots, *ways),
    }


def of_server(base):
    """What the server itself needs."""
    config = base.config
    folder, is_open = config.home / "uploads", config.auth == "open"
    return {
        "watch": Watch(base.storage),
        "keys": unlocked(config),
        "uploads": Uploads(folder, config.upload_limit, Room.at, is_open),
    }


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
