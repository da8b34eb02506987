"""Buildah, which builds images without a daemon, and Podman, which does so in the same way.

It runs in the sandbox, as root of a namespace of its own, for its steps are commands of users: it
keeps these in the folder of the image, but not in there for good. All that it keeps is in the
workspace, so what one build has fetched no other one sees.
"""

import json
import re
import shutil

from ec_builds.errors import BuildError
from ec_builds.plugins import paths
from ec_builds.plugins.builders.contract import Builder
from ec_builds.plugins.builders.sayings import told

#: Programs that are needed beside the builder; they belong to every system.
TOOLS = ("unshare", "mount", "setpriv", "stdbuf", "fold", "sed")
#: Files that it would otherwise look for on this machine: the variable that names each, where it is
#: in the folder, and what is in it. Nobody's logins are used, names without a host are Docker's,
#: and a registry on this very machine is asked without TLS, as container clients do.
FILES = (
    ("REGISTRY_AUTH_FILE", "logins.json", json.dumps({"auths": {}})),
    (
        "CONTAINERS_REGISTRIES_CONF", "registries.conf",
        'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "disabled"\n'
        '[[registry]]\nlocation = "localhost"\ninsecure = true\n'
        '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n',
    ),
    (
        "CONTAINERS_STORAGE_CONF", "storage.conf",
        '[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/kept"\n',
    ),
    (
        "CONTAINERS_CONF", "containers.conf",
        '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\nlock_type = "file"\n'
        'tmp_dir = "{folder}/run/engine"\n',
    ),
    (
        "POLICY", ".config/containers/policy.json",  # Podman looks for it in its home only
        json.dumps({"default": [{"type": "insecureAcceptAnything"}]}),
    ),
)
#: Bytes of a line, as which a longer one comes in pieces: who reads lines waits for their ends.
LONGEST = 8000
#: Lines that tell nothing to anybody.
NOISE = (
    r"Getting image source signatures|Copying (blob|config) sha256:.*|Storing signatures"
    r"|Writing manifest to image destination|[0-9a-f]{64}|--> [0-9a-f]{11,64}"
    r"|Resolving \".*\" using unqualified-search registries \(.*\)"
    r'|time=".*" level=error msg="\+\(UNHANDLED LOGLEVEL\) .*'
    r"|\[Warning\] one or more build args were not consumed: \[TARGETARCH TARGETOS TARGETPLATFORM\]"
)
#: The ends of lines that tell nothing more: after an instruction that it does not know, and after
#: why a command did not start.
TAILS = (
    r" &imagebuilder\.Step\{.*",
    r"process exited with error: exec: not started(subprocess exited with status [0-9]+)?",
)
#: Builds, and writes the image down in a folder. Mounts are its own, as root of a namespace has no
#: rights on those around it: the code is mounted over itself, so that a step can be given some of
#: it. Where layers can be put on top of each other they need not be copied. Podman wants a short
#: name for the folder of what runs. What is printed comes line by line, and no line is endless.
SCRIPT = """
if [ -z "$OWN_MOUNTS" ] && unshare --mount true 2>/dev/null; then
    OWN_MOUNTS=yes exec unshare --mount /bin/sh -c "$0" "$0" "$@"
fi
program=$1 folder=$2 editing=$3 files=$PWD; shift 3
cd "$folder" && mkdir -p lower upper work both changes aside || exit
run=$(mktemp -d /tmp/run.XXXXXX) || exit
trap 'rm -rf "$run"' EXIT
driver=vfs
if [ -n "$OWN_MOUNTS" ] && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work \\
        overlay both 2>/dev/null
then
    umount both; driver=overlay
    mount -t overlay -o "lowerdir=$files,upperdir=changes,workdir=aside" \\
        overlay "$files" 2>/dev/null
fi
unset OWN_MOUNTS
use() {
    "$program" --root "$folder/kept" --runroot "$run" --storage-driver $driver "$@"
}
exec 3>&1
code=$({ {
    use build --isolation chroot --layers=false --format docker --signature-policy "$POLICY" \\
        --iidfile id "$@" 2>&1 3>&- 4>&-
    echo $? >&4
} | LC_ALL=C stdbuf -oL fold -b -w {longest} \\
  | LC_ALL=C stdbuf -oL sed -E "$editing" >&3; } 4>&1)
[ "$code" = 0 ] || exit "$code"
exec 3>&-
use {finish}
"""


def editing(workspace):
    """What `sed` does with the output: noise goes, and where files are meanwhile."""
    tails = "".join(f";s#({tail})$##" for tail in TAILS)
    place = re.sub(r"[^A-Za-z0-9/_^#\\-]", r"[\g<0>]", str(workspace))
    place = re.sub(r"[\^#\\]", r"\\\g<0>", place)
    return f"\\#^({NOISE})$#d;s#{place}/##g{tails}"


class Buildah(Builder):
    name = "buildah"
    #: Docker's format has what a Dockerfile can say and OCI's cannot, such as HEALTHCHECK.
    finish = (
        'push --quiet --format v2s2 --signature-policy "$POLICY" "$(cat id)"'
        ' "dir:$folder/image"'
    )

    @classmethod
    def missing(cls):
        lacking = [each for each in (cls.name, *TOOLS) if shutil.which(each) is None]
        return f"{' and '.join(lacking)} not found" if lacking else None

    def build(self, recipe, into, context):
        folder = context.workspace / f"{self.name}-work"
        folder.mkdir()
        environment = {"HOME": str(folder)}
        for name, path, text in FILES:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text.replace("{folder}", str(folder)))
            environment[name] = str(folder / path)
        script = SCRIPT.replace("{finish}", self.finish).replace("{longest}", str(LONGEST))
        edited = editing(context.workspace)
        outcome = context.run(
            ["/bin/sh", "-c", script, script, self.name, folder, edited, *recipe.options],
            cwd=recipe.context,
            environment=environment,
            shown=f"{self.name} build",
            titled=False,
            nested=True,
        )
        if outcome.failed:
            raise BuildError(told(outcome, context.workspace), **outcome.facts)
        taken(folder / "image", context.workspace).rename(into)


class Podman(Buildah):
    name = "podman"
    finish = 'save --quiet --compress --format docker-dir --output "$folder/image" "$(cat id)"'


def taken(folder, workspace):
    """The folder with the image, unless a step has put something else in its place."""
    if folder.is_symlink() or not folder.is_dir() or not paths.inside(workspace, folder):
        raise BuildError("The image is not where it was built")
    return folder
