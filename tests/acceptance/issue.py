"""Makes tokens by the command line, many in one process: to start one takes longer than that.

Reads arguments of `ec-builds token create`, one JSON list a line; prints a token a line.
"""

import json
import sys

from ec_builds.cli import commands

for line in sys.stdin:
    try:
        commands(["token", "create", *json.loads(line)], prog_name="ec-builds")
    except SystemExit as end:
        if end.code:
            raise
    sys.stdout.flush()
