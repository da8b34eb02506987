"""The parts of a running server, as the HTTP rooms and the command line work with them."""

from dataclasses import dataclass
from functools import cached_property

from ec_builds.auth.addresses import Addresses
from ec_builds.auth.caller import Caller
from ec_builds.auth.policy import Policy
from ec_builds.auth.rates import Rate
from ec_builds.auth.secrets import read_private, write_private
from ec_builds.auth.tokens import Tokens, admin
from ec_builds.config import Config
from ec_builds.engine.executors.contract import Executor
from ec_builds.engine.sandbox import Sandbox
from ec_builds.errors import ECError
from ec_builds.metrics import Metrics
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
from ec_builds.storage.contract import Storage
from ec_builds.store.database import Unreachable, database
from ec_builds.store.figures import figures
from ec_builds.store.migrations import require_tables
from ec_builds.uploads import Secret, Uploads
from ec_builds.watch import Watch

#: What comes of a server that asks nobody, as builds share its network.
OPEN = (
    "EC_BUILDS_AUTH is open, and commands of builds reach this server as its admin, like everything"
    " on this machine: build only code that you trust."
)


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
