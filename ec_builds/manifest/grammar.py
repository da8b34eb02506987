"""The grammar of a manifest: from a text to a Manifest, or to all that is wrong with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ec_builds.manifest.document import MAPPING, NOTHING, document
from ec_builds.manifest.drivers import INVALID, KNOWN, check_driver, read_driver
from ec_builds.manifest.entries import (
    LONGEST_ENVIRONMENT,
    read_artifact,
    read_namespace,
    read_object,
    read_source,
    read_variable,
)
from ec_builds.manifest.errors import Fault, ManifestError
from ec_builds.manifest.parts import Job, Manifest
from ec_builds.manifest.place import Place
from ec_builds.manifest.remarks import remarks

#: Artifacts of all jobs together: each is a row as soon as the build is submitted.
MOST_ARTIFACTS = 1000

EMPTY = (
    Fault("is required; say at least which driver to use", contract="Build manifest is required"),
    Fault("is missing; say at least its type", field="driver", contract=INVALID),
)


def read(
    text: str,
    drivers: Collection[str] = ("os",),
    known: Mapping[str, Sequence[str]] = KNOWN,
) -> Manifest:
    """The manifest that a text is; ManifestError with all its faults if it is none.

    `drivers` are the types that are enabled, `known` are all that there are, with the keys that
    each requires.
    """
    faults = []
    top = Place(document(text), "", faults)
    if top.node.kind not in (MAPPING, NOTHING):
        top.fault(f"should be a mapping, with `driver:` and more, but is {top.node.kind}")
        raise ManifestError(faults)
    manifest = read_parts(top)
    if manifest == Manifest() and not faults:
        raise ManifestError(EMPTY)
    check_driver(top.member("driver"), manifest.driver, drivers, known)
    if faults:
        raise ManifestError(faults)
    return replace(manifest, remarks=list(remarks(top, manifest)))


def read_parts(top):
    namespace, owner = read_namespace(top.member("namespace"))
    return Manifest(
        namespace=namespace,
        owner=owner,
        driver=read_driver(top.member("driver")),
        env=read_environment(top.member("env")),
        objects=dict(entries(top.member("objects"), read_object)),
        sources=entries(top.member("sources"), read_source),
        stages=read_stages(top.member("stages")),
        allow_failures=frozenset(entries(top.member("allow_failures"), Place.name)),
        jobs=read_jobs(top.member("jobs")),
    )


def entries(place, read_entry):
    """The entries of a list, without those that had a fault."""
    found = (read_entry(item) for item in place.items())
    return [entry for entry in found if entry is not None]


def read_environment(place):
    """Keys and values; several of one key, if it has several."""
    variables = entries(place, read_variable)
    if sum(len(f"{key}={value}".encode()) for key, value in variables) > LONGEST_ENVIRONMENT:
        place.fault(f"is too long; at most {LONGEST_ENVIRONMENT // 1024} KiB are possible")
    return variables


def read_stages(place):
    """The names of the stages, each once."""
    return list(dict.fromkeys(entries(place, read_stage)))


def read_stage(place):
    name = place.name()
    if name == "":
        place.fault("is empty, but should be the name of a stage")
    return name


def read_jobs(place):
    jobs = [read_job(item) for item in place.items("mappings")]
    artifacts = sum(len(job.artifacts) for job in jobs)
    if artifacts > MOST_ARTIFACTS:
        limit = f"at most {MOST_ARTIFACTS:,} are possible"
        place.fault(f"has {artifacts:,} artifacts in all jobs together; {limit}")
    return jobs


def read_job(place):
    place.members()  # notes a fault if it is no mapping
    name = place.member("name").name() or ""
    return Job(
        stage=place.member("stage").name() or "",
        name=name if name.strip() else "",
        commands=entries(place.member("commands"), Place.text),
        artifacts=dict(entries(place.member("artifacts"), read_artifact)),
    )
