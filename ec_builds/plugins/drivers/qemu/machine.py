"""A virtual machine, from its start to its end."""

import os
import socket
import time

from ec_builds.errors import BuildError, TimedOut
from ec_builds.plugins.drivers.qemu.monitor import Monitor

PROGRAM = "qemu-system-x86_64"
MIB = 1024**2
#: Bytes of memory, if nobody says anything.
MEMORY = 2048 * MIB
#: The kernel's virtual machine, and what is many times slower and works everywhere.
KVM, EMULATED = "kvm", "tcg"
#: Seconds between two looks, seconds that a port may be silent, and seconds that a connection to
#: a machine that boots is kept open: what comes in later is seen at the next one.
LOOK, SILENCE, HELD = 0.05, 0.25, 3
#: Qemu itself makes no processes, and gets no more rights than it has.
FENCE = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
NETWORK, MONITOR = "net", "monitor"


def accelerators():
    """What can be tried here, the fastest first: a device that is there may still not work."""
    return (KVM, EMULATED) if os.access("/dev/kvm", os.R_OK | os.W_OK) else (EMULATED,)


class Broken(BuildError):
    """The machine has ended, or will not go on."""


class Machine:
    """One that is booted from an image, and may write to its disk: that lasts as long as it does.

    folder: of its own; what it writes is there, too, and counts for the limits of the run.
    """

    def __init__(self, context, folder, image, settings, accelerator):
        self.context, self.folder, self.monitor = context, folder, None
        self.command = command(image, settings, accelerator)
        self.companion = context.start(
            self.command, folder, {"TMPDIR": str(folder)}, f"{PROGRAM} {image.name}", fenced=False
        )

    def port(self, deadline):
        """The port of this machine that leads to it, once somebody answers there."""
        while self.monitor is None:
            self.look(deadline)
            self.meet()
        try:
            port = self.monitor.port()
            while not self.answers(port, deadline):
                if self.monitor.is_broken():
                    raise Broken("The virtual machine has stopped: its processor met an error")
        except OSError as error:
            raise self.broken() from error
        return port

    def meet(self):
        """Connect to its monitor, if it has one already."""
        try:
            self.monitor = Monitor(self.folder / MONITOR)
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(LOOK)
        except OSError as error:
            raise self.broken() from error

    def answers(self, port, deadline):
        """Whether an SSH server greets whoever comes to a port."""
        with socket.create_connection(("127.0.0.1", port), SILENCE) as caller:
            until = time.monotonic() + HELD
            while time.monotonic() < until:
                self.look(deadline)
                try:
                    said = caller.recv(4)
                except TimeoutError:
                    continue
                except ConnectionResetError:
                    said = b""
                if not said:
                    time.sleep(LOOK)  # nobody listens there yet
                return said == b"SSH-"
        return False

    def look(self, deadline):
        """Raises what is a reason not to wait any longer."""
        self.context.check()
        if self.companion.has_ended():
            raise self.broken()
        if time.monotonic() > deadline:
            raise TimedOut("The virtual machine was not ready in time; does its image run sshd?")

    def broken(self):
        said = self.companion.end().output.strip().rpartition("\n")[2]
        return Broken(f"The virtual machine has ended: {said or 'it says nothing'}")

    def close_port(self, port):
        """Nobody else gets in: whoever is on this machine could, with an image without password."""
        try:
            self.monitor.close_port(NETWORK, port)
        except OSError as error:
            raise self.broken() from error

    def end(self):
        if self.monitor is not None:
            self.monitor.close()
        self.companion.end()


def command(image, settings, accelerator):
    """How qemu is told: an ordinary PC, with the devices that images know how to use."""
    file = str(image.file).replace(",", ",,")
    return (
        PROGRAM, "-nodefaults", "-no-user-config", "-no-reboot", "-sandbox", FENCE,
        "-machine", f"pc,accel={accelerator}", "-cpu", "max", "-smp", settings.cpus,
        "-m", f"{memory(settings.limits) // MIB}M", "-display", "none", "-vga", "std",
        "-serial", "null", "-device", "virtio-rng-pci",
        "-drive", f"file={file},format={image.format},if=virtio,snapshot=on",
        # the port is on this machine alone, and one that the kernel finds free
        "-netdev", f"user,id={NETWORK},hostfwd=tcp:127.0.0.1:0-:22",
        "-device", f"virtio-net-pci,netdev={NETWORK},romfile=",
        "-qmp", f"unix:{MONITOR},server=on,wait=off",
    )


def memory(limits):
    """Bytes for the machine: half of what a run may use, as qemu itself and ssh use some, too."""
    return MEMORY if limits is None else limits.memory // 2
