"""Who may do what with which thing, in which state. Links, `Allow` and verbs all ask here."""

from ec_builds.auth.roles import Role
from ec_builds.auth.rules import RULES, Verb
from ec_builds.errors import (
    InsufficientRights,
    MethodNotAllowed,
    MethodNotPermitted,
    PolicyUnmet,
    StillUsed,
)


class Policy:
    """Decides by the table of rules, the caller's role and token, and the state of the thing.

    `caller` is a Caller, or None where nobody has been asked for a token: then it is told what
    there is at all. `thing` is a row that is within the caller's reach, or None for any.
    """

    def on_collection(self, caller, kind, app_id=None, account_id=None):
        """The verbs for the collection of a kind: of an app, or of all that the caller sees.

        account_id: whose collection it is, where things belong to accounts; None for the caller's.
        """
        asked = (kind, app_id, account_id)
        verbs = RULES[kind].on_collection
        return {verb for verb in verbs if self.permits_on_collection(caller, verb, *asked)}

    def on(self, caller, kind, thing):
        """The verbs for one thing, as it is now."""
        permitted = {
            verb for verb in RULES[kind].on_one if self.permits(caller, verb, kind, thing)
        }
        return permitted if thing is None else permitted - set(impossible(kind, thing))

    def require(self, caller, verb, kind, thing):
        """Raises what speaks against a verb: the token, the role, or the state of the thing."""
        if verb not in RULES[kind].on_one:
            raise MethodNotAllowed(verb, thing=thing)
        self.require_scope(caller, verb, kind)
        if not self.has_role(caller, verb, kind, thing):
            raise lacking(caller, verb, kind, app_of(thing), thing)
        if verb is Verb.READ or verb not in set(impossible(kind, thing)):
            return
        if verb is Verb.DELETE:
            if kind == "member":
                raise PolicyUnmet(verbose="An app needs an owner, and there is no other.")
            raise StillUsed(verbose=users(kind, thing))
        raise MethodNotAllowed(verb, verbose=why_not(verb, thing), thing=thing)

    def require_on_collection(self, caller, verb, kind, app_id=None, account_id=None):
        """The same for a verb that is asked of a collection, or of that of an app or account."""
        self.require_scope(caller, verb, kind)
        if not self.has_role_for_collection(caller, verb, kind, app_id, account_id):
            raise lacking(caller, verb, kind, app_id)

    def require_scope(self, caller, verb, kind):
        """Raises InsufficientRights unless the caller's token is good for a verb."""
        if not self.has_scope(caller, verb, kind):
            scope = RULES[kind].scope(verb)
            told = f"This token does not have the scope {scope}."
            if caller.has_scope(scope):
                told = "This token is good for some apps only, and this concerns more than these."
            raise about(verb, kind, InsufficientRights(scope, told))

    def permits(self, caller, verb, kind, thing):
        """Whether token and role allow a verb, whatever the state of the thing."""
        return caller is None or (
            self.has_scope(caller, verb, kind) and self.has_role(caller, verb, kind, thing)
        )

    def permits_on_collection(self, caller, verb, kind, app_id=None, account_id=None):
        """The same for a verb that is asked of a collection."""
        return caller is None or (
            self.has_scope(caller, verb, kind)
            and self.has_role_for_collection(caller, verb, kind, app_id, account_id)
        )

    def has_scope(self, caller, verb, kind):
        rule = RULES[kind]
        if caller.is_limited and verb in rule.beyond:
            return False
        return rule.resource is None or caller.has_scope(rule.scope(verb))

    def has_role(self, caller, verb, kind, thing):
        """Whether the caller's role in the app of a thing is enough; of any, in any app."""
        rule = RULES[kind]
        if thing is not None and verb in rule.own and thing.account_id == caller.id:
            return True
        app_id = app_of(thing)
        role = caller.highest_role if app_id is None else caller.role(app_id)
        return role >= rule.least[verb]

    def has_role_for_collection(self, caller, verb, kind, app_id=None, account_id=None):
        """The same for a collection: of an app, or of all apps (None).

        What an app keeps from some of its members is refused to these. Everybody else may look,
        and finds what is within reach, be it nothing.
        """
        least, is_personal = RULES[kind].least[verb], RULES[kind].personal
        if is_personal and verb is Verb.CREATE and account_id not in (None, caller.id):
            return False  # nobody makes them for somebody else
        role = caller.highest_role if app_id is None else caller.role(app_id)
        if verb is Verb.READ and least <= Role.OWNER:
            return app_id is None or role is Role.ANYBODY or role >= least
        return role >= least

    def unreadable(self, caller):
        """The kinds of which the caller's token is not allowed to read any."""
        if caller is None or (caller.scopes is None and not caller.is_limited):
            return frozenset()
        return frozenset(kind for kind in RULES if not self.has_scope(caller, Verb.READ, kind))


def app_of(thing):
    """The id of the app that a thing belongs to; None for what belongs to none."""
    return getattr(thing, "app_id", None)


def lacking(caller, verb, kind, app_id, thing=None):
    """The error for a role that is too low: to see it at all, or to do this with it."""
    least = RULES[kind].least[verb]
    if least is Role.ANYBODY:
        told = "Nobody can do this for somebody else."
        return about(verb, kind, MethodNotPermitted(verbose=told, thing=thing, app_id=app_id))
    told = f"This takes the role {least.word}"
    if app_id is not None:
        told = f"{told} in the app; yours is {caller.role(app_id).word}"
    if verb is Verb.READ:
        error = InsufficientRights(RULES[kind].scope(verb), f"{told}.")
    else:
        error = MethodNotPermitted(verbose=f"{told}.", thing=thing, app_id=app_id)
    return about(verb, kind, error)


def about(verb, kind, error):
    """An error that knows what was tried."""
    error.verb, error.kind = verb, kind
    return error


def impossible(kind, thing):
    """The verbs that make no sense with a thing as it is now."""
    if in_use(kind, thing):
        yield Verb.DELETE
    if kind == "build":
        yield Verb.PIN if thing.pinned else Verb.UNPIN
        if not thing.can_be_cancelled:
            yield Verb.CANCEL
        if thing.result_key is None:
            yield Verb.DOWNLOAD
    if kind == "artifact" and thing.key is None:
        yield Verb.DOWNLOAD
    if kind == "deployment" and not thing.kept:
        yield Verb.DOWNLOAD


def why_not(verb, thing):
    """Why a verb makes no sense with a thing as it is now, as a sentence; or None."""
    if verb is Verb.CANCEL:
        ended = "is being cancelled already" if not thing.is_finished else "has ended already"
        return f"Build {thing.id} {ended} ({thing.state})."
    return {
        Verb.PIN: "It is pinned already.",
        Verb.UNPIN: "It is not pinned.",
        Verb.DOWNLOAD: "There is no file to download.",
    }.get(verb)


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
    if kind == "member":
        return thing.is_last_owner
    return kind == "build" and thing.is_being_deployed
