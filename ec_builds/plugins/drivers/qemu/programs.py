"""What the driver has /bin/sh do in a virtual machine."""

import re
import secrets
import shlex

#: Puts what it reads into its place.
PLACE = """
set -e
umask 077
mkdir -p -- "$(dirname -- "$1")"
cat > "$1"
chmod 0700 -- "$1"
"""
#: Unpacks what it reads into a folder, which is not there yet, or empty.
PUT = """
set -e
if [ -d "$1" ] && [ ! -L "$1" ]; then
    rmdir -- "$1" 2>/dev/null || { echo "$1 is there already, and is not empty" >&2; exit 1; }
elif [ -e "$1" ] || [ -L "$1" ]; then
    echo "$1 is there already" >&2; exit 1
fi
mkdir -p -- "$1"
cd -- "$1"
exec tar -xf -
"""
#: Prints the paths of the files that a pattern names, each with a NUL behind it.
LIST = r"""
set -f; IFS=
if [ -e "$1" ]; then set -- "$1"; else set +f; set -- $1; set -f; fi
for each in "$@"; do
    if [ -f "$each" ]; then printf '%s\0' "$each"
    elif [ -d "$each" ]; then find "${each%/}/" -type f -print0 || exit 1
    fi
done
"""
FETCH = 'exec cat < "$1"'

#: Runs a script of a job, in a place of its own, with variables that nothing else sees: they are
#: in no arguments, and what the job leaves behind has not got them.
RUN = """\
job=$(mktemp -d ./.job-XXXXXX) || exit 126
cat > "$job/"{name} <<'{end}' || exit 126
{script}{end}
chmod 0700 "$job/"{name} || exit 126
(
{variables}
exec "$job/"{name}
) < /dev/null
code=$?
rm -rf -- "$job"
exit "$code"
"""
#: A shell may have variables that nobody can set, and says so. The job does not fail for it.
EXPORT = "command export {key}={value} 2>/dev/null || echo 'Failed to setenv {key}'"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def run(name, script, variables):
    """A program that runs the script of a job."""
    lines = [
        EXPORT.format(key=key, value=shlex.quote(value))
        for key, value in variables.items()
        if is_variable(key)
    ]
    whole = script if script.endswith("\n") else f"{script}\n"
    return RUN.format(
        name=shlex.quote(file_name(name)),
        end=f"END-{secrets.token_hex(16)}",
        script=whole,
        variables="\n".join(lines),
    )


def is_variable(key):
    """Whether a shell can have a variable of this name."""
    return VARIABLE.fullmatch(key) is not None


def file_name(name):
    """What the script of a job is called."""
    return re.sub(r"[\s/\0]", "-", name)[:60] + ".sh"
