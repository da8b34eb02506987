"""How it looks that something can be done with a thing: a link, as long as it can be done."""

from ec_builds.hal.relations import ACTIONS, ADDRESSES
from ec_builds.web.current import caller, runtime


def link_actions(document, kind, row, urls):
    """Link to the actions that the policy allows with a thing as it is now."""
    possible = runtime.policy.on(caller(), kind, row)
    for verb, relation in ACTIONS[kind].items():
        if verb in possible:
            schema = "address" if relation in ADDRESSES else kind
            document.link(relation, urls.action(kind, verb, row.id), profile=urls.schema(schema))
    return document
