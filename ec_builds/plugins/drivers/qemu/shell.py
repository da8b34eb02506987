"""Commands in a virtual machine, all over one connection of SSH."""

import shlex
import shutil
import time

from ec_builds.errors import BuildError, TimedOut

USER = "root"
#: The socket of the connection, below the folder of the machine: absolute paths can be too long.
SOCKET = "ssh"
#: Seconds between two looks.
LOOK = 0.05
#: How often a machine may refuse to let us in: at first it may not be ready.
REFUSALS = 3
REFUSED = "Permission denied"
#: What ssh says of its own failures, and commands sometimes of theirs.
LOST = 255
#: No settings of the server's user, and no keys of theirs.
PLAIN = ("-F", "/dev/null", "-S", SOCKET, "-o", "LogLevel=ERROR")
#: The machine is a child of ours that was made a moment ago: its key is believed at first sight.
CONNECT = (
    "-M", "-N", "-T",
    "-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=known_hosts",
    "-o", "GlobalKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
    "-o", "PreferredAuthentications=publickey,password,keyboard-interactive",
    "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=30",
    "-o", "ServerAliveInterval=30", "-o", "ServerAliveCountMax=6",
)
#: Commands never connect by themselves.
JOIN = ("-T", "-o", "ControlMaster=no", "-o", "ProxyCommand=false")
#: Only a shell can give a command files for its input and output.
PIPED = 'input=$1 output=$2; shift 2; exec "$@" < "$input" > "$output"'
FED = 'input=$1; shift; exec "$@" < "$input"'


class Shell:
    """Root's, in the machine. Raises BuildError when the connection is lost."""

    def __init__(self, context, folder):
        self.context, self.folder, self.master = context, folder, None

    def connect(self, machine, port, key, deadline):
        """Log in, as soon as that is possible. An empty password is given to who wants one."""
        refusals = 0
        while not (self.folder / SOCKET).exists():
            if self.master is None:
                self.master = self.start(port, key)
            elif self.master.has_ended():
                refusals += REFUSED in self.master.end().output
                if refusals == REFUSALS:
                    raise BuildError(
                        "The image does not let root in: it has to do so without a password, or"
                        " with the private key beside it"
                    )
                self.master = None
            self.wait(machine, deadline)

    def start(self, port, key):
        command = [
            "ssh", *PLAIN, *CONNECT, "-o", f"IdentityFile={shown(key)}", "-p", port,
            f"{USER}@127.0.0.1",
        ]
        silence = shutil.which("true")
        variables = {"SSH_ASKPASS": silence, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":"}
        return self.context.start(command, self.folder, variables, "ssh", fenced=False)

    def wait(self, machine, deadline):
        """Not any longer when the machine has ended, or it is too late."""
        try:
            machine.look(deadline)
        except TimedOut:
            raise TimedOut("The virtual machine did not let root in in time") from None
        time.sleep(LOOK)

    def run(self, program, *arguments, feed="/dev/null", output=None, shown="ssh", **options):
        """Run a program of /bin/sh there. Returns its outcome.

        feed: a file that it reads; output: one that gets what it prints, instead of the log.
        """
        there = ["exec", "/bin/sh", *(("-c", program, "sh") if program else ()), *arguments]
        ssh = ["ssh", *PLAIN, *JOIN, f"{USER}@machine", " ".join(map(shlex.quote, there))]
        piped = [FED, "sh", feed] if output is None else [PIPED, "sh", feed, output]
        outcome = self.context.run(
            ["/bin/sh", "-c", *piped, *ssh], self.folder, shown=shown, fenced=False, **options
        )
        if outcome.exit_code == LOST and not self.is_there():
            raise BuildError("The connection to the virtual machine was lost: it may have ended")
        return outcome

    def do(self, program, *arguments, **options):
        """Run what has to succeed. Raises BuildError with the last line that it says."""
        outcome = self.run(program, *arguments, quiet=True, **options)
        if outcome.failed:
            said = outcome.output.strip().rpartition("\n")[2]
            raise BuildError(said or f"it cannot be done (exit code {outcome.exit_code})")

    def is_there(self):
        """Whether the connection still holds."""
        command = ["ssh", *PLAIN, "-O", "check", "machine"]
        asked = self.context.run(command, self.folder, shown="ssh", quiet=True, fenced=False)
        return not asked.failed

    def end(self):
        if self.master is not None:
            self.master.end()


def shown(key):
    """A path as ssh's options spell it: they know variables, and quotes."""
    return "none" if key is None else '"{}"'.format(str(key).replace("%", "%%"))
