"""`ec-builds types`: the plugins that are installed, with their configs."""

import inspect
import json
import logging

import click
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ec_builds.cli.console import console
from ec_builds.runtime import Plugins, has_secrets

#: Kind of plugins: what people call them.
WORDS = {
    "codesource": "Code sources",
    "datasource": "Data sources",
    "platform": "Platforms",
    "target": "Targets",
    "driver": "Drivers",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the whole schemas.")
def types(as_json):
    """Show which plugins are installed, and what their configs may say."""
    plugins = installed()
    if as_json:
        click.echo(json.dumps(document(plugins), ensure_ascii=False, indent=2))
        return
    output = console()
    for kind, word in WORDS.items():
        output.print(Text(word, "bold"))
        for type in plugins.types(kind):
            show(output, plugins.get(kind, type))
        output.print()
    for each in plugins.broken:
        output.print(Text(f"{each}", "yellow"), soft_wrap=True)
    if any(required(plugins.get(kind, type)) for kind in WORDS for type in plugins.types(kind)):
        output.print(Text("* is required", "dim"))


def installed():
    """The plugins of this machine; those left out are told by us, not by the log as well."""
    logging.getLogger("ec_builds.plugins").addHandler(logging.NullHandler())
    return Plugins.installed()


def document(plugins):
    """All that is known of the plugins, for programs."""
    kinds = {
        kind: [
            {
                "type": type,
                "description": description(plugins.get(kind, type)),
                "configSchema": plugins.get(kind, type).config_schema,
                "typeConfig": plugins.get(kind, type).type_config,
                "restrictToPlatformType": plugins.get(kind, type).restrict_to_platform_type,
                "source": source(plugins.get(kind, type)),
            }
            for type in plugins.types(kind)
        ]
        for kind in WORDS
    }
    broken = [
        {"kind": each.kind, "type": each.name, "source": each.source, "reason": each.reason}
        for each in plugins.broken
    ]
    return {**kinds, "leftOut": broken}


def show(output, plugin):
    """One plugin: what it does, and a line per property of its config."""
    origin = "" if plugin.__module__.startswith("ec_builds.") else f"  from {source(plugin)}"
    told = Text.assemble((plugin.type, "bold cyan"), f"  {description(plugin)}", (origin, "dim"))
    output.print(Padding.indent(told, 2))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(style="dim")
    for name, schema in plugin.config_schema.get("properties", {}).items():
        mark = "*" if name in required(plugin) else ""
        kind = f"{kind_of(schema)}, write-only" if has_secrets(schema) else kind_of(schema)
        table.add_row(*map(Text, (f"{name}{mark}", kind, meaning(schema))))
    output.print(Padding.indent(table, 6))


def description(plugin):
    """The first sentence of a plugin's docstring, if it has one of its own."""
    text = inspect.cleandoc(plugin.__doc__ or "")
    return " ".join(text.partition("\n\n")[0].split())


def source(plugin):
    return f"{plugin.__module__}:{plugin.__qualname__}"


def required(plugin):
    return plugin.config_schema.get("required", ())


def kind_of(schema):
    """What a value may be, in a few words."""
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    kinds = schema.get("type") or [each.get("type") for each in schema.get("anyOf", ())]
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(filter(None, kinds)) or "anything"


def meaning(schema):
    """The description of a property, and its default."""
    told = schema.get("description", "")
    return f"{told} [default: {schema['default']}]".strip() if "default" in schema else told
