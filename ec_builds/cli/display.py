"""Shows what happens: live on a terminal, line by line elsewhere."""

import re
import sys
from contextlib import contextmanager, nullcontext

from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.text import Text

from ec_builds.cli.console import console
from ec_builds.cli.torrent import LAST, Torrent
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
#: What makes a line look different on a terminal.
STRANGE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: Lines of a command that a terminal shows as they come.
FIRST = 500


class Display:
    """Events, steps and progress on a console."""

    def __init__(self, console):
        self.console = console
        self.live = console.is_terminal and not console.quiet

    @classmethod
    def beside(cls, as_json):
        """For a command; if its output is JSON, only people at a terminal see anything else."""
        if as_json:
            return cls(console(stderr=True, quiet=not sys.stderr.isatty()))
        return cls(console())

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
        """Show the events of a run until it is over. Returns how many there were.

        Of a command that prints very much, a terminal shows the beginning and the end.
        """
        count, before, has_log = 0, None, False
        with self.busy("Waiting for a worker") as change, self.lines(run, change, indent) as lines:
            for event in run.news():
                if isinstance(event, Line):
                    has_log = True
                    lines.take(event.text)
                    continue
                lines.end()
                count += 1
                if event.temporary:
                    self.begun(event, change, indent)
                    continue
                self.line(event.type, event.message, facts(event), indent)
                output = str(event.info.get("output") or "").rstrip()
                if output != before and not has_log:  # several events tell one failure
                    self.output(output, indent)
                before = output
        return count

    def begun(self, event, change, indent):
        """Something has begun; at a terminal, `change` shows what it is until it has ended."""
        if self.live:
            change(event.message)
        else:
            self.write(BEGUN, event.message, "", "verbose", indent)

    @contextmanager
    def lines(self, run, change, indent):
        """Something that takes the lines of a log, and shows as many as somebody can want here."""

        def skip(number):
            told = f"… {number:,} lines left out; the whole log: {run.log}"
            self.console.print(Text(f"{' ' * indent}  │ {told}", "dim italic"), soft_wrap=True)

        def wait(number, line):
            change(f"{number:,} lines so far: {seen(line).plain}")

        most = FIRST if self.live else None  # a file or a program wants everything
        torrent = Torrent(most, lambda line: self.printed(line, indent), wait, skip)
        try:
            yield torrent
        finally:
            torrent.end()

    def output(self, text, indent):
        """What a command has printed."""
        for line in text.splitlines()[-LAST:]:
            self.console.print(Text(f"{' ' * indent}  │ {line}", "dim"), soft_wrap=True)

    def printed(self, text, indent):
        """A line of a log, in its own colours; nothing else of what it tells terminals counts."""
        begin = f"{' ' * indent}  │ "
        if self.live or STRANGE.search(text):
            line = Text.assemble(begin, seen(text), style="dim")
            self.console.print(line, soft_wrap=True)
        elif not self.console.quiet:  # there may be millions
            self.console.file.write(f"{begin}{text}\n")

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


def seen(line):
    """What is seen of a line in the end: what was written over is gone on a terminal, too."""
    return Text.from_ansi(line.rpartition("\n")[2])


def brief(message):
    """A message beside a spinner, which has one line."""
    return Text(first_line(message), no_wrap=True, overflow="ellipsis")


def first_line(message):
    """A message that fits into a line."""
    first, *more = message.strip().splitlines() or [""]
    return f"{first} …" if more else first
