"""One command that measures, and prints a table: `python -m tests.benchmarks [NAME]...`."""

import importlib
import pkgutil
import sys

import click
import orjson
from rich.console import Console
from rich.table import Table

from tests import benchmarks
from tests.benchmarks import Row

#: Every module of the folder but this one.
NAMES = sorted(
    module.name
    for module in pkgutil.iter_modules(benchmarks.__path__)
    if not module.name.startswith("_")
)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def main(names, as_json):
    """Measure what is named, or everything. The exit code is 1 if something is not as wanted."""
    figures = [(name, Row(*row)) for name in names or NAMES for row in measure(name)]
    if as_json:
        rows = [{"name": name, **row._asdict()} for name, row in figures]
        print(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    else:
        Console().print(table(figures))
    sys.exit(not all(row.ok for _, row in figures))


def measure(name):
    print(f"Measuring {name} ...", file=sys.stderr)
    return importlib.import_module(f"tests.benchmarks.{name}").measure()


def table(figures):
    table = Table("name", "what", "beside", "figure", "wanted", "")
    for name, row in figures:
        table.add_row(name, row.what, row.beside, row.figure, row.wanted, "✓" if row.ok else "✗")
    return table


if __name__ == "__main__":
    main()
