"""`ec-builds doctor`: what a server would use here, and what is missing."""

import json
from dataclasses import asdict

import click
from rich.text import Text

from ec_builds.cli.console import console
from ec_builds.cli.findings import look
from ec_builds.config import Config

#: State of a finding: its mark, what stands for it where only ASCII can be shown, its style.
MARKS = {"ok": ("✓", "+", "green"), "warn": ("!", "!", "yellow"), "bad": ("✗", "x", "bold red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor(context, as_json):
    """Say what a server uses here, and what is missing.

    The exit code is 1 if something is missing that is needed.
    """
    findings = list(look(Config.from_environment()))
    usable = all(each.state != "bad" for each in findings)
    if as_json:
        told = {"usable": usable, "findings": [asdict(each) for each in findings]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        show(findings)
    context.exit(0 if usable else 1)


def show(findings):
    """A line per finding, and below it what to do."""
    output = console()
    for each in findings:
        sign, plain, style = MARKS[each.state]
        mark = plain if output.options.ascii_only else sign
        line = Text.assemble((mark, style), f" {each.check:<10} {each.says}")
        output.print(line, soft_wrap=True)
        if each.advice:
            output.print(Text(f"             {each.advice}", "dim"), soft_wrap=True)
