"""Runs git with nothing around it: no configuration, no hooks, no prompts, one address.

Everything is told by environment variables, so that the command lines which people
see are short, and contain nothing that a shell or git could take for something else.
"""

import ipaddress
import os
import re
import shlex
from copy import copy

from ec_builds.errors import BuildError
from ec_builds.plugins.codesources.credentials import Credentials

#: The first git that can be told the address of a host (http.curloptResolve).
OLDEST = (2, 37)

#: No file of the server says anything, and nobody is asked anything. HOME leads nowhere, for
#: libcurl looks there for a .netrc.
ALONE = {
    "GIT_ASKPASS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",  # what git says is read below
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
}

SETTINGS = (
    ("advice.detachedHead", "false"),
    ("core.askPass", ""),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.logAllRefUpdates", "false"),
    ("core.protectHFS", "true"),  # also where .git has other spellings
    ("core.protectNTFS", "true"),
    ("credential.helper", ""),
    ("fetch.recurseSubmodules", "false"),
    ("fetch.unpackLimit", "1"),  # one file for what was fetched
    ("fetch.uriProtocols", ""),
    ("gc.auto", "0"),
    ("http.followRedirects", "false"),  # the address behind one would not have been checked
    ("http.lowSpeedLimit", "1"),
    ("http.proxy", ""),
    ("log.showSignature", "false"),
    ("maintenance.auto", "false"),
    ("submodule.recurse", "false"),
    ("transfer.bundleURI", "false"),
)

#: Certificates that the server was told to believe in; git has names of its own for them.
CERTIFICATES = {
    "GIT_SSL_CAINFO": ("GIT_SSL_CAINFO", "SSL_CERT_FILE"),
    "GIT_SSL_CAPATH": ("GIT_SSL_CAPATH", "SSL_CERT_DIR"),
}

#: Nothing of the server's ssh configuration, no questions, and no way back through the
#: connection. Hosts may be known to the account that the server runs as; its keys are its own.
SSH = (
    ("BatchMode", "yes"),
    ("CheckHostIP", "no"),
    ("ClearAllForwardings", "yes"),
    ("ControlPath", "none"),
    ("ForwardAgent", "no"),
    ("GSSAPIAuthentication", "no"),
    ("PasswordAuthentication", "no"),
    ("PermitLocalCommand", "no"),
    ("ProxyCommand", "none"),
    ("StrictHostKeyChecking", "yes"),
    ("UpdateHostKeys", "no"),
)


class Git:
    """git, for one repository, in one folder."""

    #: Whether the log names the commands that are no secret.
    titled = True

    def __init__(self, repository, tree, store, context, credentials=Credentials()):
        self.repository, self.context = repository, context
        self.credentials = credentials.within(repository)
        self.tree, self.store = tree, store
        self.network = context.network
        self.url = repository.url
        self.environment = {
            **ALONE,
            **certificates(os.environ),
            "GIT_ALLOW_PROTOCOL": repository.scheme,
            "GIT_DIR": str(store),
            "GIT_WORK_TREE": str(tree),
        }
        settings = [*SETTINGS, ("http.lowSpeedTime", f"{max(1, int(self.network.patience))}")]
        if repository.scheme != "file":
            settings += self.pin(self.network.resolve(repository.host))
            settings += self.credentials.settings(repository)
        self.environment |= configuration(settings)

    def within(self, store):
        """The same git, that fetches for another repository.

        New objects stay in the run's own: there they count as the run's, and none of them is
        anybody else's before all have come.
        """
        other = copy(self)
        other.store = store
        other.environment = self.environment | {
            "GIT_DIR": str(store),
            "GIT_OBJECT_DIRECTORY": str(self.store / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(store / "objects"),
        }
        return other

    def at(self, repository):
        """The same git, for a repository elsewhere, that keeps nothing of what this one has."""
        store = self.store.with_name("moved")
        return Git(repository, self.tree, store, self.context, self.credentials)

    def pin(self, addresses):
        """Have git connect to the addresses that were checked, and ask no name service.

        Returns further settings.
        """
        where, port = self.repository, self.repository.effective_port
        if where.scheme in ("http", "https") and not is_address(where.host):
            self.check_version()
            there = ",".join(f"[{each}]" if ":" in each else each for each in addresses)
            return [("http.curloptResolve", f"{where.host}:{port}:{there}")]
        if where.scheme == "git":
            self.url = where.through(addresses[0])
            self.environment["GIT_OVERRIDE_VIRTUAL_HOST"] = f"{where.host}:{port}"
        if where.scheme == "ssh":
            private = self.store.with_name(f"{self.store.name}-ssh")
            private.mkdir(mode=0o700)
            options = self.credentials.options(private)
            self.environment["GIT_SSH_COMMAND"] = ssh(
                where, addresses[0], self.network.patience, options
            )
            self.environment["GIT_SSH_VARIANT"] = "ssh"
        return []

    def check_version(self):
        """Refuse a git that would not listen, and resolve the host a second time."""
        asked = self.context.run(["git", "version"], environment=ALONE, quiet=True, fenced=False)
        told = asked.output
        version = re.search(r"(\d+)\.(\d+)", told)
        if not version or (int(version[1]), int(version[2])) < OLDEST:
            needed = ".".join(map(str, OLDEST))
            raise BuildError(
                f"The server's git is too old, it needs {needed} or newer", version=told.strip()
            )

    def run(self, *arguments, timeout=None, quiet=True):
        """Run a git command. Returns its outcome."""
        return self.context.run(
            ["git", *arguments],
            cwd=self.context.workspace,
            environment=self.environment,
            timeout=timeout,
            quiet=quiet,
            fenced=False,
            titled=self.titled,
        )

    def fetch(self, *names, depth=1, options=()):
        """Fetch refs or commits by name, the newest `depth` of each. Returns the outcome."""
        options = ["--no-tags", "--no-recurse-submodules", "--force", "--quiet", *options]
        if depth:
            options.append(f"--depth={depth}")
        return self.run(
            "fetch", *options, "--", self.url, *names, timeout=self.network.timeout, quiet=False
        )

    def read(self, *arguments):
        """What a git command prints, or None if it fails."""
        outcome = self.run(*arguments, timeout=self.network.timeout)
        return None if outcome.failed else outcome.output.strip()


def configuration(settings):
    """Settings as variables, in the way git reads them."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def certificates(environment):
    """Which certificates git should believe in, if the server was told."""
    found = {
        name: next((environment[each] for each in names if environment.get(each)), None)
        for name, names in CERTIFICATES.items()
    }
    return {name: value for name, value in found.items() if value}


def is_address(host):
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def ssh(where, address, patience, options):
    """The command that git runs for ssh. Its host is checked and is known by its own name."""
    alias = where.host if where.effective_port == 22 else f"[{where.host}]:{where.port}"
    options = [
        *SSH,
        *options,
        ("ConnectTimeout", f"{max(1, int(patience))}"),
        ("HostKeyAlias", alias),
        ("HostName", address),
    ]
    words = ["ssh", "-F", "/dev/null", *(f"-o{name}={value}" for name, value in options)]
    return shlex.join(words)
