"""What means nothing in a manifest is told, and is no fault."""

import pytest

from ec_builds.manifest.grammar import read


@pytest.mark.parametrize(
    "text, told",
    [
        ("colour: red", "line 2, colour: is no key of a manifest, and means nothing"),
        ("allow_failures: [t]", "line 2, allow_failures[0]: is no stage"),
        (
            "stages: [t]\njobs:\n- stage: t\n  comands: [a]",
            "line 5, jobs[0].comands: is no key of a job, and means nothing",
        ),
        (
            "stages: [t]\njobs:\n- stage: q",
            "line 4, jobs[0]: is left out, as there is no stage “q”",
        ),
        ("x-notes: 5\nallowfailures: []", None),
    ],
)
def test_remarks(text, told):
    manifest = read(f"driver: {{type: os}}\n{text}\n")

    assert manifest.remarks == ([told] if told else [])
