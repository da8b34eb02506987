"""What a code source shows to the server of its repository, and to no other.

Nothing of it is in a command line or an address. A password is a header for one origin, which git
takes from its environment; a key is a file that is gone before anything of the repository runs.
"""

import hashlib
import os
from base64 import b64encode
from dataclasses import dataclass

from ec_builds.errors import BuildError
from ec_builds.plugins.codesources.repository import PORTS, Repository

#: Whom many servers take for the owner of a token.
ANYBODY = "git"
#: What a guess at a password costs whoever finds the name of a mirror; ours takes 10 ms.
COST = {"n": 2**12, "r": 8, "p": 1, "dklen": 20}
#: ssh, without any key of the account that the server runs as: those are not the app's.
KEYLESS = (("IdentityFile", "none"), ("IdentityAgent", "none"))


@dataclass(frozen=True)
class Credentials:
    """Those of one code source, for the origin of its repository."""

    origin: tuple | None = None
    username: str | None = None
    password: str | None = None
    private_key: str | None = None
    known_hosts: str | None = None

    @classmethod
    def of(cls, config, repository):
        return cls(
            origin(repository),
            config.get("username"),
            config.get("password"),
            config.get("privateKey"),
            config.get("knownHosts"),
        )

    @property
    def secrets(self):
        """All texts that must not be seen."""
        return [each for each in (self.password, self.private_key, self.basic) if each]

    @property
    def basic(self):
        if not self.password:
            return None
        return b64encode(f"{self.username or ANYBODY}:{self.password}".encode()).decode()

    def within(self, repository):
        """These, if a repository is where they are for; else none at all."""
        return self if origin(repository) == self.origin else Credentials()

    def headers(self):
        """What our own requests show."""
        return {"Authorization": f"Basic {self.basic}"} if self.password else {}

    def settings(self, repository):
        """What git is told, to show it to this origin only."""
        if not self.password:
            return []
        return [(f"http.{repository.root}.extraHeader", f"Authorization: Basic {self.basic}")]

    def options(self, folder):
        """What ssh is told. Writes its files into a folder that nobody else can enter."""
        options = list(KEYLESS)
        if self.private_key:
            key = written(folder / "key", self.private_key)
            options = [("IdentityFile", key), ("IdentitiesOnly", "yes"), KEYLESS[1]]
        if self.known_hosts:
            options += [
                ("UserKnownHostsFile", written(folder / "known_hosts", self.known_hosts)),
                ("GlobalKnownHostsFile", "/dev/null"),
                ("KnownHostsCommand", "none"),
            ]
        return options

    def mark(self, app_id):
        """What tells mirrors apart that were made with different credentials, or for others.

        Nothing, where there are none: what everybody may fetch is the same for all.
        """
        if not (self.password or self.private_key):
            return ""
        whole = "\0".join((self.username or ANYBODY, self.password or "", self.private_key or ""))
        return hashlib.scrypt(whole.encode(), salt=app_id.encode(), **COST).hex()


def origin(repository):
    """Who is asked: protocol, user, host and port."""
    return repository.scheme, repository.user, repository.host, repository.effective_port


def written(path, text):
    """Write a file that only this user may read. Returns its path as ssh is told it."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(opened, "w", encoding="utf-8", newline="\n") as file:
        file.write(text.replace("\r\n", "\n").rstrip("\n") + "\n")
    return '"{}"'.format(str(path).replace("%", "%%"))


def check(config):
    """Raises BuildError for credentials that do not belong to the protocol of the giturl."""
    web, ssh = ("username", "password"), ("privateKey", "knownHosts")
    given = [name for name in (*web, *ssh) if name in config]
    if not given:
        return
    scheme = Repository.at(config["giturl"], tuple(PORTS)).scheme
    fitting = web if scheme in ("https", "http") else ssh if scheme == "ssh" else ()
    for name in given:
        if name not in fitting:
            raise BuildError(f"The giturl is one of {scheme}, which does not use `{name}`.")
    if "username" in config and "password" not in config:
        raise BuildError("A `username` needs a `password`, which may be a token.")


def audience(config):
    """Whom credentials are for: the origin of the repository."""
    try:
        return origin(Repository.at(config["giturl"], tuple(PORTS)))
    except BuildError:  # it is no address, so it is no other's either
        return config["giturl"]
