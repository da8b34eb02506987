"""What scopes allow, in words: made from the table of rules, so that no scope is forgotten."""

from ec_builds.auth.rules import ADDRESSES, RULES, SCOPES, Verb

#: What people call the things of each kind.
WORDS = {
    "app": "apps",
    "platform": "platforms",
    "codesource": "code sources",
    "datasource": "data sources",
    "target": "targets",
    "build": "builds",
    "job": "jobs of builds",
    "artifact": "artifacts of builds",
    "build-variable": "variables of builds",
    "build-object": "objects of builds",
    "image": "images of builds",
    "tag": "tags of builds",
    "variable": "variables of namespaces",
    "object": "objects of namespaces",
    "webhook": "webhooks of namespaces",
    "deployment": "deployments",
    "retention": "what apps keep",
    "preview": "what apps would lose",
    "stats": "statistics",
    "member": "members of apps",
    "invitation": "invitations to apps",
    "offer": "invitations that one has got",
    "namespace": "namespaces",
    "invite": "invitations to namespaces",
    "account": "accounts",
    "token": "tokens",
    "audit": "the audit log",
    "metrics": "metrics",
}


def meaning(scope):
    """What a scope allows, as in `create, pin and unpin builds`."""
    kinds = {}
    for kind, rule in RULES.items():
        own = [verb for verb in Verb if verb in rule.least and rule.scope(verb) == scope]
        # an address for something is no more than to read it
        verbs = [str(verb) for verb in own if verb not in ADDRESSES]
        if verbs:
            kinds.setdefault(listed(verbs), []).append(WORDS[kind])
    return "; ".join(f"{verbs} {listed(things)}" for verbs, things in kinds.items())


def listed(words):
    """Words as a list in a sentence."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


#: Every scope that a token can have, and what it allows.
ALLOWED = {scope: meaning(scope) for scope in SCOPES}
