"""How the installed plugins look."""

from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

#: Kind of plugin: its array, and its part of a schema's address (reference 3.4).
ARRAYS = {
    "platform": ("platformTypes", "platform-type"),
    "codesource": ("codeSourceTypes", "code-source"),
    "datasource": ("dataSourceTypes", "data-source"),
    "target": ("targetTypes", "target-type"),
}


def types(found, urls):
    """All plugins, by kind; `found` tells the plugin classes of a kind."""
    state = {
        array: [plugin(each, kind, part, urls) for each in found(kind)]
        for kind, (array, part) in ARRAYS.items()
    }
    document = Document(urls.types(), urls.schema("app-plugin-types"), **state)
    return document.link(rel.APPS, urls.collection("app"), profile=urls.schema("apps"))


def plugin(each, kind, part, urls):
    """One plugin, with the schema of its configs."""
    shown = {
        "type": each.type,
        "typeConfig": each.type_config,
        "configSchema": config_schema(each, part, urls),
    }
    if kind != "platform":
        shown["restrictToPlatformType"] = each.restrict_to_platform_type
    return shown


def config_schema(each, part, urls):
    """A plugin's schema under the address where it is served; {} accepts anything."""
    if not each.config_schema:
        return {}
    return {
        "id": urls.schema(f"types/{part}/{each.type}"),
        "$schema": "http://json-schema.org/draft-04/schema#",
        **each.config_schema,
    }
