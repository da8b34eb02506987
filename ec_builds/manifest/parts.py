"""What a manifest consists of, once it was read."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Source:
    """A repository to clone; without a `ref`, its default branch."""

    url: str
    ref: str
    dir: str


@dataclass(frozen=True)
class Job:
    """Commands that run one after the other, and what is kept of what they leave behind."""

    stage: str
    name: str = ""
    commands: list[str] = field(default_factory=list)
    #: What to collect, as a path or a pattern, and how it is called then.
    artifacts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """All that a manifest says; what it does not say is empty."""

    namespace: str = ""
    owner: str | None = None
    driver: dict[str, str] = field(default_factory=dict)
    env: list[tuple[str, str]] = field(default_factory=list)
    #: Names of objects, and where they are placed.
    objects: dict[str, str] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    allow_failures: frozenset[str] = frozenset()
    jobs: list[Job] = field(default_factory=list)
    #: What means nothing in it, in sentences.
    remarks: list[str] = field(default_factory=list, compare=False)
