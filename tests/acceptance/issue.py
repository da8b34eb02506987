"""Makes tokens by the command line, many in one process: to start one takes longer than to make one.

Reads arguments of `ec-builds token create`, one JSON list a line; prints a token a line.
"""

import json
import sys

from ec_builds.cli import commands

for line in sys.stdin:
    commands(["token", "create", *json.loads(line)], standalone_mode=False)
    sys.stdout.flush()
