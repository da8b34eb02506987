"""What builders say of a failure, in a sentence."""

import re

from ec_builds.plugins import paths

#: How Buildah, and Docker, say that a command of a step has failed.
STEPS = (
    re.compile(r'building at STEP "(.*)":.* exit status (\d+)$'),
    re.compile(r'process "(.*)" did not complete successfully: exit code: (\d+)$'),
    re.compile(r"The command '(.*)' returned a non-zero code: (\d+)$"),
)
LONGEST = 300


def told(outcome, workspace):
    """Why an image could not be built, without where its files were meanwhile."""
    lines = [line.strip() for line in outcome.output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error: ")]
    line = (errors or lines or [f"it ended with exit code {outcome.exit_code}"])[-1]
    line = re.sub("(?i)^error: ", "", line).replace(f"{workspace}/", "")
    for pattern in STEPS:
        if match := pattern.search(line):
            return f"The step “{paths.shown(match[1])}” ended with exit code {match[2]}"
    return f"The image cannot be built: {line[:LONGEST]}"
