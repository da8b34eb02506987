"""The settings of a server, read once from the environment.

Each setting is a field below with its variable, its default and a sentence of
help; the README's table is compared with them by a test.
"""

import os
import re
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import limits
from platformdirs import user_data_path

from ec_builds.errors import UsageError

EXECUTORS = ("threads", "inline", "none")
PREFIX = "EC_BUILDS_"
#: Variables that are our client's, not the server's.
CLIENT = {"EC_BUILDS_TOKEN"}
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
KIB, MIB, GIB, TIB = (1024**power for power in (1, 2, 3, 4))
BYTES = {"": 1, "B": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB, "TiB": TIB}
BYTES |= {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
#: What can be found in a claim of another name.
CLAIMS = ("email", "email_verified", "username", "scopes")
#: Where images of containers can go to: the names that clients know.
REGIONS = (
    "Seattle", "Washington_DC", "Chicago", "London", "Frankfurt", "Mumbai", "Singapore",
    "Tokyo", "Sydney", "Sao_Paulo", "Los_Angeles", "Dallas", "Johannesburg", "Dubai",
)
#: A registry: a host, with a port or without, and what names of images begin with there.
REGISTRY = re.compile(
    r"(?:https?://)?(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*){0,10}/?"
)
#: What no host of an address contains.
STRANGE = re.compile(r"[^\w.:\[\]-]")


def duration(text):
    """Seconds from `90`, `90s`, `30m`, `1.5h` or `7d`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?", text.strip())
    if match is None or not float(match[1]):
        raise ValueError("a length of time such as 90s, 30m or 2h")
    seconds = float(match[1]) * SECONDS[match[2] or "s"]
    if seconds > 365 * SECONDS["d"]:
        raise ValueError("a length of time of at most 365d")
    return seconds


def skew(text):
    """How far clocks may be apart; more would let tokens live that should be dead."""
    seconds = duration(text)
    if seconds > 600:
        raise ValueError("a length of time of at most 10m")
    return seconds


def size(text):
    """Bytes from `1048576`, `512MiB`, `1.5GiB` or `2GB`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(|B|[KMGT]i?B)", text.strip())
    number = int(float(match[1]) * BYTES[match[2]]) if match else 0
    if not 2**20 <= number <= 2**50:
        raise ValueError("a number of bytes such as 512MiB or 2GB, at least 1MiB")
    return number


def size_or_nothing(text):
    """The same, or 0, which is no limit."""
    return 0 if text.strip() == "0" else size(text)


def drivers(text):
    """Types of drivers, separated by commas."""
    found = names(text)
    if not found or not all(re.fullmatch(r"[a-z][a-z0-9-]*", each) for each in found):
        raise ValueError("types of drivers such as os or os,docker, by comma")
    return found


def container_network(text):
    """What an engine of containers calls a network, but for that of the machine itself."""
    if text == "host" or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", text, re.ASCII):
        raise ValueError("the name of a network of containers such as builds, or none")
    return text


def whole(least, most):
    """A parser for whole numbers within bounds."""

    def parse(text):
        number = int(text) if re.fullmatch(f"[0-9]{{1,{len(str(most))}}}", text) else -1
        if not least <= number <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return number

    return parse


def one_of(*words):
    """A parser that accepts only these words."""

    def parse(text):
        if text not in words:
            raise ValueError(" or ".join(words))
        return text

    return parse


def names(text):
    """Words separated by commas, as a tuple."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def hosts(text):
    """Names and addresses of hosts, without ports, separated by commas."""
    found = tuple(name.lower() for name in names(text))
    if not found or not all(re.fullmatch(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]", each) for each in found):
        raise ValueError("names such as builds.example.com or .example.com, by comma")
    return found


#: Words among proxies that are no addresses.
PROXY_WORDS = ("unix", "forwarded")


def proxies(text):
    """Networks, and the words above, as a tuple."""
    try:
        return tuple(
            each if each in PROXY_WORDS else ip_network(each) for each in names(text)
        )
    except ValueError as error:
        raise ValueError(
            "addresses and networks such as 10.0.0.7, 10.1.0.0/16 or unix, by comma"
        ) from error


def rate(text):
    """A limit from `20/minute` or `1000/2 hours`; None from `off`."""
    if text == "off":
        return None
    try:
        found = limits.parse(text) if re.fullmatch(r"[\w /]{1,30}", text, re.ASCII) else None
    except ValueError:
        found = None
    if found is None or not found.amount or not found.multiples:
        raise ValueError("a rate such as 20/minute or 1000/2 hours, or off")
    return found


def encryption_keys(text):
    """Keys by comma, the first of which seals."""
    keys = names(text)
    if not keys or not all(re.fullmatch("[0-9A-Fa-f]{64}", key) for key in keys):
        raise ValueError("keys of 64 hexadecimal digits, by comma; ec-builds keys new makes one")
    return keys


def shared(text):
    """Names of variables that builds may see; with the keys they could open what is not theirs."""
    wanted = names(text)
    if PREFIX + "ENCRYPTION_KEY" in wanted:
        raise ValueError("names of variables other than EC_BUILDS_ENCRYPTION_KEY")
    return wanted


def git_protocols(text):
    """The protocols a code source may use; `ext` and other transports are never among them."""
    wanted, known = names(text), ("https", "ssh", "http", "git", "file")
    if not wanted or not set(wanted) <= set(known):
        raise ValueError("some of " + ", ".join(known))
    return wanted


def address(text):
    """An http(s) address of a document, as it is; it may have a query."""
    if not is_root(text.partition("?")[0]) or re.search(r"[\s#]", text):
        raise ValueError("an address such as https://login.example.com/keys")
    return text


def claims(text):
    """Where claims are: names of ours, and the names that a provider has for them."""
    pairs = dict(pair.partition("=")[::2] for pair in names(text))
    if not pairs or not set(pairs) <= set(CLAIMS) or not all(pairs.values()):
        raise ValueError(f"pairs such as email=mail, for some of {', '.join(CLAIMS)}")
    return pairs


def root_url(text):
    """An http(s) address, with the slash at its end that all links rest on."""
    if not is_root(text):
        raise ValueError("an address such as https://builds.example.com/")
    return text if text.endswith("/") else text + "/"


def registries(text):
    """Regions, each with the address of its registry, as pairs in the order given."""
    pairs = tuple((region.strip(), found.strip()) for region, _, found in parts(text))
    regions = [region for region, _ in pairs]
    if unknown := [region for region in regions if region not in REGIONS]:
        raise ValueError(f"some of {', '.join(REGIONS)}, and “{unknown[0]}” is none of them")
    if not pairs or len({*regions}) < len(regions) or not all(is_registry(at) for _, at in pairs):
        raise ValueError(
            "regions and registries such as Seattle=registry.example.com/games by comma, "
            "each region once"
        )
    return pairs


def parts(text):
    """What stands around the first equals sign of each word."""
    return (word.partition("=") for word in names(text))


def is_registry(text):
    """Whether images can be pushed to an address."""
    if not REGISTRY.fullmatch(text):
        return False
    try:
        port = urlsplit(text if "://" in text else f"//{text}").port
    except ValueError:
        return False
    return port != 0


def is_root(text):
    """Whether links can begin with an address: no query, nobody's password, a port that exists."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not STRANGE.search(parts.netloc)
            and not re.search(r"[\s?#]", text)
        )
    except ValueError:
        return False


def path(text):
    """A path; ~ is the home of whoever runs the server."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # ~somebody, who is unknown here
        raise ValueError("a path of this machine") from error


def setting(variable, parse, default, shown, help, secret=False):
    """A field of the config, with all that a table of settings has to say about it.

    What is secret is shown nowhere, not even where it is wrong.
    """
    metadata = {"variable": PREFIX + variable, "parse": parse, "shown": shown, "help": help}
    return field(default=default, repr=not secret, metadata=metadata | {"secret": secret})


@dataclass(frozen=True)
class Config:
    """What a server has to know before it starts. Values are checked; durations are seconds."""

    home: Path = setting(
        "HOME", path, None, "the user's data directory",
        "database, storage, secret key, encryption key, admin token, workspaces, uploads",
    )
    database_url: str = setting(
        "DATABASE_URL", str, None, "SQLite file in home",
        "``sqlite:///…`` or ``postgresql://…``",
    )
    storage_url: str = setting(
        "STORAGE_URL", str, None, "folder in home",
        "where results are kept, ``file:///…``",
    )
    public_url: str = setting(
        "PUBLIC_URL", root_url, None, "derived from the request",
        "root address used in links",
    )
    hosts: tuple = setting(
        "HOSTS", hosts, (), "any",
        "names that the server answers to, by comma; one that begins with a dot is a domain "
        "and all below it",
    )
    trusted_proxies: tuple = setting(
        "TRUSTED_PROXIES", proxies, (), "none",
        "addresses and networks of proxies, by comma, whose word counts for where a request "
        "comes from; ``unix`` is whoever uses a Unix socket, ``forwarded`` that they send "
        "``Forwarded``",
    )
    rate_logins: limits.RateLimitItem = setting(
        "RATE_LOGINS", rate, limits.parse("60/minute"), "``60/minute``",
        "failed logins of an address, or with a token, per process; ``off`` is no limit",
    )
    rate_builds: limits.RateLimitItem = setting(
        "RATE_BUILDS", rate, limits.parse("6000/minute"), "``6000/minute``",
        "builds and deployments that an account starts, per process; ``off`` is no limit",
    )
    encryption_key: tuple = setting(
        "ENCRYPTION_KEY", encryption_keys, (), "``encryption-key`` in home",
        "what seals configs at rest: keys by comma; the first one seals, all of them open",
        secret=True,
    )
    executor: str = setting(
        "EXECUTOR", one_of(*EXECUTORS), "threads", "``threads``",
        "``threads``, ``inline`` (for tests), ``none`` (workers elsewhere)",
    )
    concurrency: int = setting(
        "CONCURRENCY", whole(1, 1000), os.cpu_count() or 1, "number of cores",
        "builds at a time per process",
    )
    auth: str = setting(
        "AUTH", one_of("required", "open"), "required", "``required``",
        "``required``, or ``open``: every caller from this machine is the admin",
    )
    metrics: str = setting(
        "METRICS", one_of("local", "admin"), "local", "``local``",
        "who may read ``/metrics``: admins, and whoever asks from this machine (``local``), as "
        "commands of builds can; or ``admin`` alone",
    )
    jwt_issuer: str = setting(
        "JWT_ISSUER", str, None, "none",
        "the identity provider whose tokens are accepted, too, as it calls itself (``iss``)",
    )
    jwt_audience: tuple = setting(
        "JWT_AUDIENCE", names, (), "none",
        "what its tokens call this server (``aud``), by comma; without, they have to have none",
    )
    jwt_jwks_url: str = setting(
        "JWT_JWKS_URL", address, None, "discovered",
        "where its keys are; else its ``.well-known/openid-configuration`` tells",
    )
    jwt_key: str = setting(
        "JWT_KEY", str, None, "none",
        "instead of published keys, one that is shared with it (HS256): 32 bytes at least",
        secret=True,
    )
    jwt_claims: dict = setting(
        "JWT_CLAIMS", claims, None, "as in OpenID Connect",
        "``email=…,email_verified=…,username=…,scopes=…``: claims that have other names there",
    )
    jwt_emails: str = setting(
        "JWT_EMAILS", one_of("verified", "all"), "verified", "``verified``",
        "which emails it vouches for: those that a token calls ``verified``, or ``all``",
    )
    jwt_tokens: float = setting(
        "JWT_TOKENS", duration, None, "as long as its own",
        "how long the tokens may last that its people make here, as for machines: ``90d``",
    )
    jwt_skew: float = setting(
        "JWT_SKEW", skew, 60.0, "``60s``",
        "how far its clock may be from ours",
    )
    sandbox: str = setting(
        "SANDBOX", one_of("auto", "bubblewrap", "process"), "auto", "``auto``",
        "``bubblewrap``, ``process`` (not fenced in), or ``auto``: bubblewrap where it works",
    )
    build_timeout: float = setting(
        "BUILD_TIMEOUT", duration, 1800.0, "``30m``",
        "wall clock of one build or deployment",
    )
    grace: float = setting(
        "GRACE", duration, 20.0, "``20s``",
        "how long running builds may take to end after SIGTERM, before they are queued again",
    )
    limit_output: int = setting(
        "LIMIT_OUTPUT", size, 256 * MIB, "``256MiB``",
        "what all commands of one run may print",
    )
    limit_workspace: int = setting(
        "LIMIT_WORKSPACE", size, 10 * GIB, "``10GiB``",
        "all files of one run; each counts as 4 KiB at least",
    )
    limit_memory: int = setting(
        "LIMIT_MEMORY", size, 4 * GIB, "``4GiB``",
        "memory of all processes of one run",
    )
    limit_processes: int = setting(
        "LIMIT_PROCESSES", whole(10, 1000000), 1000, "``1000``",
        "processes and threads of one run at a time",
    )
    limit_file: int = setting(
        "LIMIT_FILE", size, 4 * GIB, "``4GiB``",
        "one file that a command writes",
    )
    upload_limit: int = setting(
        "UPLOAD_LIMIT", size, 4 * GIB, "``4GiB``",
        "the largest archive or object that is uploaded, in one body or in parts; a body is on "
        "the disk of ``EC_BUILDS_HOME`` while it comes",
    )
    upload_chunk_size: int = setting(
        "UPLOAD_CHUNK_SIZE", whole(1, GIB), 100 * MIB, "``104857600``",
        "bytes of the parts that an archive is uploaded in",
    )
    upload_lifetime: float = setting(
        "UPLOAD_LIFETIME", duration, 24 * 3600.0, "``24h``",
        "how long the addresses are good that an archive is uploaded to",
    )
    git_protocols: tuple = setting(
        "GIT_PROTOCOLS", git_protocols, ("https", "ssh"), "``https,ssh``",
        "what a code source may use; ``http``, ``git`` and ``file`` can be added",
    )
    drivers: tuple = setting(
        "DRIVERS", drivers, ("os",), "``os``",
        "drivers that manifests may use, by comma: ``os``, ``docker``, ``qemu``",
    )
    container_network: str | None = setting(
        "CONTAINER_NETWORK", container_network, None, "the engine's",
        "the network of containers, as Docker or Podman calls it; ``none``: they have none",
    )
    artifact_limit: int = setting(
        "ARTIFACT_LIMIT", size_or_nothing, GIB, "``1GiB``",
        "bytes of artifacts kept for each user, those of pinned builds apart; ``0``: all",
    )
    qemu_images: Path = setting(
        "QEMU_IMAGES", path, None, "``images`` in home",
        "the folder with images of virtual machines, for the driver ``qemu``",
    )
    qemu_cpus: int = setting(
        "QEMU_CPUS", whole(1, 64), 1, "``1``",
        "processors of a virtual machine; it has half of ``EC_BUILDS_LIMIT_MEMORY``",
    )
    image_builder: str = setting(
        "IMAGE_BUILDER", one_of("auto", "buildah", "podman", "docker"), "auto", "``auto``",
        "what builds container images: ``buildah``, ``podman``, ``docker``, or ``auto``: the first "
        "of these that works",
    )
    private_network: str = setting(
        "PRIVATE_NETWORK", one_of("deny", "allow"), "deny", "``deny``",
        "may sources reach loopback, private and link-local addresses",
    )
    build_environment: tuple = setting(
        "BUILD_ENVIRONMENT", shared, (), "none",
        "names of the server's own variables that commands of builds may see, by comma",
    )
    deploy_folder: Path = setting(
        "DEPLOY_FOLDER", path, None, "none",
        "the folder below which targets of type ``folder`` may write",
    )
    registries: tuple = setting(
        "REGISTRIES", registries, (), "none",
        "where images of containers go to, by comma: ``Seattle=registry.example.com/games``; "
        "``http://`` or ``https://`` may stand before a host, which is asked by ``https`` unless "
        "it is this machine",
    )
    registry_logins: Path = setting(
        "REGISTRY_LOGINS", path, None, "none",
        "a file with logins for these registries, in the form of Docker's ``config.json``",
    )

    log_format: str = setting(
        "LOG_FORMAT", one_of("auto", "json", "text"), "auto", "``auto``",
        "the server's own log: ``json``, ``text``, or ``auto``: text on a terminal, else JSON",
    )

    @classmethod
    def from_environment(cls, environ=os.environ, **overrides):
        """Read every setting. Raises UsageError with a sentence about the first that is wrong."""
        values = {}
        for each in fields(cls):
            text = environ.get(each.metadata["variable"], "").strip()
            if text:
                values[each.name] = parsed(each, text)
        values.update(overrides)
        home = Path(values.get("home") or user_data_path("ec-builds")).expanduser().absolute()
        values["home"] = home
        values.setdefault("database_url", f"sqlite:///{home}/ec-builds.db")
        values.setdefault("storage_url", f"file://{home}/storage")
        values.setdefault("qemu_images", home / "images")
        return cls(**values)


def parsed(each, text):
    """The value of one field from its text."""
    try:
        return each.metadata["parse"](text)
    except ValueError as error:
        shown = re.sub(r"(//|=).*@", r"\1…@", text)  # it may be a password
        instead = "" if each.metadata["secret"] else f", not “{shown}”"
        told = f"{each.metadata['variable']} should be {error}{instead}."
        raise UsageError(told) from error


def unknown(environ=os.environ):
    """Variables that look like settings of ours and are none."""
    known = {each.metadata["variable"] for each in fields(Config)} | CLIENT
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
