"""What can be wrong with a manifest, and where."""

from dataclasses import dataclass

from ec_builds.errors import BuildError

#: As many faults are told at once.
MOST = 20


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: `what` goes on after "line 7, jobs[1].commands: ".

    The line is None, and the field empty, where it is about the manifest as a whole. `contract` is
    the sentence that clients of the Djinn face expect for it, if they expect one.
    """

    what: str
    line: int | None = None
    field: str = ""
    contract: str = ""

    @property
    def place(self):
        """Line and field, as far as there are any."""
        line = "" if self.line is None else f"line {self.line}"
        return ", ".join(filter(None, [line, self.field]))

    @property
    def told(self):
        """Where it is, and what."""
        return f"{self.place}: {self.what}" if self.place else self.what

    @property
    def sentence(self):
        """All of it, in a sentence that a person can act on."""
        return f"Build manifest {self.told}"

    @property
    def message(self):
        """The sentence that clients expect, or else our own."""
        return self.contract or self.sentence

    @property
    def messages(self):
        """What the Djinn face says: word for word what clients expect, and then where it is."""
        if self.contract and self.line is not None:
            return [self.contract, self.told]
        return [self.message]


class ManifestError(BuildError):
    """A manifest cannot be used; `faults` says why, in the order of the text."""

    def __init__(self, faults):
        ordered = sorted(faults, key=lambda fault: fault.line or 0)
        #: How many more there are than are told.
        self.untold = len(ordered[MOST:])
        self.faults = ordered[:MOST]
        others = len(ordered) - 1
        more = f" (and {others} more fault{'s' if others > 1 else ''})" if others else ""
        super().__init__(self.faults[0].sentence + more, faults=self.told())

    def told(self):
        """The faults as facts of an event."""
        return [
            {"line": fault.line, "field": fault.field, "message": fault.sentence}
            for fault in self.faults
        ]

    @property
    def messages(self):
        """What the Djinn face says under `manifest`."""
        told = [message for fault in self.faults for message in fault.messages]
        return [*told, f"Build manifest has {self.untold} more faults"] if self.untold else told
