"""Shows what happens: live on a terminal, line by line elsewhere."""

import sys
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.text import Text

from ec_builds.client import Line

#: Type of an event: its mark, what stands for it where only ASCII can be shown, and its style.
MARKS = {
    "info": ("✓", "+", "green"),
    "verbose": ("·", "-", "dim"),
    "warn": ("!", "!", "yellow"),
    "error": ("✗", "x", "bold red"),
}
BEGUN = ("…", ".", "dim")


def counted(word):
    """A function that says how many there are of something."""
    return lambda number: f"{number} {word}{'' if number == 1 else 's'}"


#: Facts of events that are worth a word beside the message, and how they are put.
FACTS = {
    "branch": str,
    "ref": str,
    "revision": lambda revision: str(revision)[:7],
    "subject": "“{}”".format,
    "pages": counted("page"),
    "items": counted("item"),
    "files": counted("file"),
    "size": lambda size: decimal(size) if isinstance(size, int) else str(size),
    "seconds": "{} s".format,
    "result": str,
}
#: Lines of a command's output that are shown at most; the last ones say most.
LINES = 20


class Display:
    """Events, steps and progress on a console."""

    def __init__(self, console):
        self.console = console
        self.live = console.is_terminal and not console.quiet

    @classmethod
    def beside(cls, as_json):
        """For a command; if its output is JSON, only people at a terminal see anything else."""
        if as_json:
            return cls(Console(stderr=True, highlight=False, quiet=not sys.stderr.isatty()))
        return cls(Console(highlight=False))

    def line(self, kind, message, facts="", indent=0):
        """A line about what has happened."""
        self.write(MARKS.get(kind, MARKS["info"]), message, facts, kind, indent)

    def write(self, mark, message, facts, kind, indent):
        sign, plain, style = mark
        line = Text(" " * indent)
        line.append(plain if self.console.options.ascii_only else sign, style)
        line.append(f" {first_line(message)}", {"error": "red", "verbose": "dim"}.get(kind, ""))
        if facts:
            line.append(f"  {facts}", "dim")
        if self.live and kind == "verbose":  # commands can be long, and people see them scroll by
            self.console.print(line, no_wrap=True, overflow="ellipsis")
        else:
            self.console.print(line, soft_wrap=True)

    @contextmanager
    def busy(self, message):
        """Something goes on: a spinner on a terminal, and nothing elsewhere.

        Yields a function that changes the message.
        """
        if not self.live:
            yield lambda message: None
            return
        with self.console.status(brief(message), spinner="dots") as status:
            yield lambda message: status.update(brief(message))

    def follow(self, run, indent=0):
        """Show the events of a run until it is over. Returns how many there were."""
        count, before, has_log = 0, None, False
        with self.busy("Waiting for a worker") as change:
            for event in run.news():
                if isinstance(event, Line):
                    has_log = True
                    self.printed(event.text, indent)
                    continue
                count += 1
                if not event.temporary:
                    self.line(event.type, event.message, facts(event), indent)
                    output = str(event.info.get("output") or "").rstrip()
                    if output != before and not has_log:  # several events tell one failure
                        self.output(output, indent)
                    before = output
                elif self.live:
                    change(event.message)
                else:
                    self.write(BEGUN, event.message, "", "verbose", indent)
        return count

    def output(self, text, indent):
        """What a command has printed."""
        for line in text.splitlines()[-LINES:]:
            self.console.print(Text(f"{' ' * indent}  │ {line}", "dim"), soft_wrap=True)

    def printed(self, text, indent):
        """A line of a log, in its own colours; nothing else of what it tells terminals counts."""
        last = text.rpartition("\n")[2]  # what was written over is gone on a terminal, too
        line = Text.assemble(f"{' ' * indent}  │ ", Text.from_ansi(last), style="dim")
        self.console.print(line, soft_wrap=True)

    def progress(self, title):
        """A function for bytes so far and in all, inside a context that shows them as a bar."""
        if not self.live:
            return nullcontext(lambda done, total: None)
        return bar(self.console, title)


@contextmanager
def bar(console, title):
    columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def facts(event):
    """What is worth a word of the facts of an event; those of an error are about something else."""
    if event.type == "error":
        return ""
    found = (put(event.info[name]) for name, put in FACTS.items() if is_plain(event, name))
    return "  ".join(found)


def is_plain(event, name):
    return isinstance(event.info.get(name), (str, int, float)) and event.info[name] != ""


def brief(message):
    """A message beside a spinner, which has one line."""
    return Text(first_line(message), no_wrap=True, overflow="ellipsis")


def first_line(message):
    """A message that fits into a line."""
    first, *more = message.strip().splitlines() or [""]
    return f"{first} …" if more else first
