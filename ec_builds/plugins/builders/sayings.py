"""What builders say of a failure, in a sentence."""

import re

from ec_builds.plugins import paths

#: How Buildah, and Docker, say that a command of a step has failed.
STEPS = (
    re.compile(r'building at STEP "(.*)":.* exit status (\d+)$'),
    re.compile(r'process "(.*)" did not complete successfully: exit code: (\d+)$'),
    re.compile(r"The command '(.*)' returned a non-zero code: (\d+)$"),
)
#: How they say what a command cannot be started for.
LACKING = (
    re.compile(r"process failed to start with error: fork/exec (\S+): no such file"),
    re.compile(r'exec: "([^"]+)": (?:executable file not found|stat .*: no such file)'),
)
UNKNOWN = re.compile(r'unknown instruction: "?([^\s"]+)', re.IGNORECASE)
LONGEST = 300
#: Lines at the end of a build that tell of its last step.
LAST = 5


def told(outcome, workspace):
    """Why an image could not be built, without where its files were meanwhile."""
    lines = [line.strip() for line in outcome.output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error: ")]
    line = (errors or lines or [f"it ended with exit code {outcome.exit_code}"])[-1]
    line = re.sub("(?i)^error: ", "", line).replace(f"{workspace}/", "")
    for pattern in STEPS:
        if match := pattern.search(line):
            return f"The step “{paths.shown(match[1])}” {end(match[2], lines)}"
    if match := UNKNOWN.search(line):
        line = f"unknown instruction {paths.shown(match[1])}"
    return f"The image cannot be built: {cut(line)}"


def end(code, lines):
    """How a step has ended."""
    for line in lines[-LAST:]:
        for pattern in LACKING:
            if match := pattern.search(line):
                lacking = paths.shown(match[1])
                return f"cannot be run: {lacking} is not in the image, or what runs it is not"
    return f"ended with exit code {code}"


def cut(line):
    """A line that is not too long, without half a word at its end."""
    if len(line) <= LONGEST:
        return line
    return f"{line[:LONGEST].rpartition(' ')[0] or line[:LONGEST]} …"
