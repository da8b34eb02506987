"""Runs jobs on this machine, in the sandbox that all commands of builds run in."""

from pathlib import Path

from ec_builds.errors import BuildError
from ec_builds.plugins import trees
from ec_builds.plugins.drivers.contract import Driver

#: Puts a file into its place.
PLACE = """
set -e
mkdir -p -- "$(dirname -- "$2")"
cp -- "$1" "$2"
chmod 700 -- "$2"
"""
#: Moves a folder to its place, which has to be free, or empty.
PUT = """
set -e
mkdir -p -- "$(dirname -- "$2")"
if [ -d "$2" ] && [ ! -L "$2" ]; then
    [ -z "$(ls -A -- "$2")" ] || { echo "$2 is there already, and is not empty" >&2; exit 1; }
    find "$1" -mindepth 1 -maxdepth 1 -exec mv -t "$2" -- {} +
elif [ -e "$2" ] || [ -L "$2" ]; then
    echo "$2 is there already" >&2; exit 1
else
    mv -- "$1" "$2"
fi
"""
#: Copies the files that a pattern names. The shell expands it, here, where only that can be seen
#: which jobs can see; each copy has its path in a file beside it.
COLLECT = """
set -f; IFS=; into=$1; pattern=$2; most=$3; number=0
take() {
    case "$1" in *"/${into##*/}/"*) return;; esac
    if [ ! -r "$1" ]; then echo "$1: it cannot be read" >&2; exit 1; fi
    number=$((number + 1))
    if [ "$number" -gt "$most" ]; then echo "it names more than $most files" >&2; exit 1; fi
    cp -- "$1" "$into/$number.file" || exit 1
    printf %s "$1" > "$into/$number.name" || exit 1
}
if [ -e "$pattern" ]; then set -- "$pattern"; else set +f; set -- $pattern; set -f; fi
for each in "$@"; do
    if [ -f "$each" ]; then take "$each"; elif [ -d "$each" ]; then
        find "$each/" -type f -print | LC_ALL=C sort > "$into/list" || exit 1
        while read -r file; do take "$file"; done < "$into/list"
        rm -f -- "$into/list"
    fi
done
"""
#: Files that one artifact may be.
MOST = 1000


class Os(Driver):
    """The machine of the server. Files stay from job to job; `/tmp` does, too."""

    type = "os"

    def begin(self, say):
        say("Running with driver os...")
        self.folder = self.context.code

    def place(self, file, destination):
        self.fenced(PLACE, file, destination)

    def put(self, folder, destination):
        self.fenced(PUT, folder, destination)

    def run(self, name, script):
        # a fresh folder each time: a job may have put links wherever it knows of
        with trees.scratch(self.context.workspace, "job-") as folder:
            file = folder / "job.sh"
            file.write_text(script, "utf-8")
            # jobs see no variables of ours
            command = ["/usr/bin/env", "-u", "CI", "/bin/sh", file]
            outcome = self.context.run(
                command, self.folder, self.variables, shown=name, titled=False
            )
        return outcome.exit_code

    def collect(self, source, into):
        if source.startswith("-"):
            source = f"./{source}"
        self.fenced(COLLECT, into, source, MOST)
        numbers = range(1, 1 + len(list(into.glob("*.file"))))
        return [(read_name(into / f"{each}.name"), into / f"{each}.file") for each in numbers]

    def end(self):
        """What was started has ended with its command."""

    def fenced(self, script, *arguments):
        """Run a script of ours where jobs run. Raises BuildError with what it says."""
        command = ["/bin/sh", "-c", script, "sh", *map(str, arguments)]
        outcome = self.context.run(command, self.folder, quiet=True, network=True)
        if outcome.failed:
            raise BuildError(outcome.output.strip().rpartition("\n")[2] or "it cannot be done")


def read_name(file):
    """The path that a copy was found at."""
    return Path(file).read_bytes().decode("utf-8", "replace").removeprefix("./")
