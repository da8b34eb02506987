"""Who may do what with which thing, in which state. Links, `Allow` and verbs all ask here."""

from enum import StrEnum

from ec_builds.errors import MethodNotAllowed, StillUsed


class Verb(StrEnum):
    READ = "read"
    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"
    PIN = "pin"
    UNPIN = "unpin"
    CANCEL = "cancel"


#: What can be done with the collection of a kind, and with one thing of it.
VERBS = {
    "app": ({Verb.READ, Verb.CREATE}, {Verb.READ, Verb.EDIT, Verb.DELETE}),
    "platform": ({Verb.READ, Verb.CREATE}, {Verb.READ, Verb.EDIT, Verb.DELETE}),
    "codesource": ({Verb.READ, Verb.CREATE}, {Verb.READ, Verb.EDIT, Verb.DELETE}),
    "datasource": ({Verb.READ, Verb.CREATE}, {Verb.READ, Verb.EDIT, Verb.DELETE}),
    "target": ({Verb.READ, Verb.CREATE}, {Verb.READ, Verb.EDIT, Verb.DELETE}),
    "build": (
        {Verb.READ, Verb.CREATE},
        {Verb.READ, Verb.DELETE, Verb.PIN, Verb.UNPIN, Verb.CANCEL},
    ),
    "deployment": ({Verb.READ, Verb.CREATE}, {Verb.READ}),
    "retention": ({Verb.READ}, {Verb.READ, Verb.EDIT}),
    "preview": ({Verb.READ}, {Verb.READ}),
    "stats": ({Verb.READ}, {Verb.READ}),
    "types": ({Verb.READ}, {Verb.READ}),
}


class Policy:
    """One table for everybody, as long as every account is an admin.

    `caller` is an account, or None where nobody has been asked for a token.
    """

    def on_collection(self, caller, kind):
        """The verbs for the collection of a kind."""
        return VERBS[kind][0]

    def on(self, caller, kind, thing):
        """The verbs for one thing, as it is now. Without the thing, those of its kind."""
        verbs = VERBS[kind][1]
        return verbs if thing is None else verbs - set(impossible(kind, thing))

    def require(self, caller, verb, kind, thing):
        """Raises StillUsed or MethodNotAllowed unless the verb is allowed."""
        if verb in self.on(caller, kind, thing):
            return
        if verb is Verb.DELETE and verb in VERBS[kind][1]:
            raise StillUsed(verbose=users(kind, thing))
        raise MethodNotAllowed(verb, verbose=why_not(verb, thing), thing=thing)


def impossible(kind, thing):
    """The verbs that make no sense with a thing as it is now."""
    if in_use(kind, thing):
        yield Verb.DELETE
    if kind == "build":
        yield Verb.PIN if thing.pinned else Verb.UNPIN
        if not thing.can_be_cancelled:
            yield Verb.CANCEL


def why_not(verb, thing):
    """Why a verb makes no sense with a thing as it is now, as a sentence; or None."""
    if verb is Verb.CANCEL:
        ended = "is being cancelled already" if not thing.is_finished else "has ended already"
        return f"Build {thing.id} {ended} ({thing.state})."
    return {Verb.PIN: "It is pinned already.", Verb.UNPIN: "It is not pinned."}.get(verb)


def users(kind, thing):
    """Who needs a thing, as a sentence."""
    if kind == "build":
        return "A deployment of it is still running."
    titles = ", ".join(f"“{platform.title[:50]}”" for platform in thing.platforms[:5])
    return f"Platforms use it: {titles}{' and others' if thing.platforms[5:] else ''}."


def in_use(kind, thing):
    """Whether something else needs the thing, so that it has to stay."""
    if kind in ("codesource", "datasource", "target"):
        return bool(thing.platforms)
    return kind == "build" and thing.is_being_deployed
