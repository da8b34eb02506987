"""What is no fault of a manifest, but most probably a mistake: it means nothing."""

#: What a manifest, and a job in it, can say.
KEYS = (
    "namespace", "driver", "env", "objects", "sources", "stages", "allow_failures", "jobs",
)
JOB_KEYS = ("stage", "name", "commands", "artifacts")
#: As the official client writes a key that it has no word for; and what people make notes with.
USUAL = ("allowfailures",)


def remarks(top, manifest):
    """Sentences about keys that there are not, and about what names a stage that there is not."""
    yield from unknown(top, (*KEYS, *USUAL), "manifest")
    for place, job in zip(top.member("jobs").items(), manifest.jobs):
        yield from unknown(place, JOB_KEYS, "job")
        if job.stage not in manifest.stages:
            yield told(place, f"is left out, as there is no stage “{job.stage}”")
    for place in top.member("allow_failures").items():
        if place.node.value not in manifest.stages:
            yield told(place, "is no stage")


def unknown(place, keys, thing):
    """Sentences about keys that a mapping should not have."""
    for name, member in place.members().items():
        if name not in keys and not name.startswith(("x-", ".")):
            yield told(member, f"is no key of a {thing}, and means nothing")


def told(place, what):
    """Where something is, and what about it."""
    return f"line {place.node.line}, {place.field}: {what}"
