"""A disk image with a Linux that boots in seconds, made of Debian's packages; nothing is installed.

The disk is a FAT file system with a boot loader (syslinux), Debian's kernel for clouds, and an
initramfs with busybox and dropbear, which lets root in without a password.
"""

import gzip
import hashlib
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

PACKAGES = (
    "busybox-static", "dropbear-bin", "libtomcrypt1", "libtommath1", "syslinux", "mtools",
)
#: The package that names the newest kernel.
KERNEL = "linux-image-cloud-amd64"
LIBRARIES = "usr/lib/x86_64-linux-gnu"
#: In the order in which they need each other.
MODULES = (
    "drivers/virtio/virtio_ring", "drivers/virtio/virtio", "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev", "drivers/virtio/virtio_pci", "net/core/failover",
    "drivers/net/net_failover", "drivers/net/virtio_net", "drivers/block/virtio_blk",
    "drivers/char/hw_random/virtio-rng",
)
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /etc/dropbear
mount -t devpts pts /dev/pts
for each in MODULES; do insmod /lib/modules/$each.ko; done
ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2
LD_LIBRARY_PATH=/lib64 exec /bin/dropbear -R -B -F -E
"""
LOADER = "DEFAULT l\nLABEL l\nLINUX linux\nINITRD initrd\nAPPEND quiet mitigations=off nokaslr\n"
FILES = {
    "etc/passwd": "root::0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/shells": "/bin/sh\n",
    "etc/tiny": "a tiny machine\n",
}


def made(folder):
    """The image, which is made in a folder unless it is there."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    image = folder / f"{recipe}.img"
    if not image.exists():
        work = folder / f"work-{os.getpid()}"
        work.mkdir()
        try:
            os.replace(make(work), image)
        finally:
            shutil.rmtree(work)
    return image


def make(work):
    tools, kernel = work / "tools", work / "kernel"
    unpack(work, PACKAGES, tools)
    told = run("apt-cache", "depends", KERNEL, cwd=work)
    unpack(work, re.findall(r"Depends: (linux-image-\S+)", told)[:1], kernel)
    root = work / "root"
    furnish(root, tools, kernel)
    packed = subprocess.run(
        [tools / "bin/busybox", "cpio", "-o", "-H", "newc"],
        input="\n".join(sorted(str(path.relative_to(root)) for path in root.rglob("*"))).encode(),
        cwd=root, capture_output=True, check=True,
    ).stdout
    (work / "initrd").write_bytes(gzip.compress(packed, 1))
    (work / "syslinux.cfg").write_text(LOADER)
    shutil.copy(next((kernel / "boot").glob("vmlinuz-*")), work / "linux")
    return disk(work, tools)


def unpack(work, packages, into):
    run("apt-get", "download", *packages, cwd=work)
    for file in work.glob("*.deb"):
        run("dpkg-deb", "-x", file, into, cwd=work)
        file.unlink()


def furnish(root, tools, kernel):
    """What is in the machine when it has booted."""
    for name in ("bin", "dev", "proc", "sys", "etc", "root", "tmp", "lib64", "lib/modules"):
        (root / name).mkdir(parents=True)
    for name, text in FILES.items():
        (root / name).write_text(text)
    server = tools / "usr/sbin/dropbear"
    shutil.copy(tools / "bin/busybox", root / "bin")
    shutil.copy(server, root / "bin")
    found = run("ldd", server, cwd=root, LD_LIBRARY_PATH=tools / LIBRARIES)
    for library in re.findall(r"(/\S+) \(0x", found):
        shutil.copy(library, root / "lib64")
    modules = next((kernel / "lib/modules").iterdir()) / "kernel"
    there = [each for each in MODULES if (modules / f"{each}.ko").exists()]
    for each in there:
        shutil.copy(modules / f"{each}.ko", root / "lib/modules")
    names = " ".join(each.rpartition("/")[2] for each in there)
    (root / "init").write_text(INIT.replace("MODULES", names))
    (root / "init").chmod(stat.S_IRWXU)


def disk(work, tools):
    image = work / "disk.img"
    with open(image, "wb") as file:
        file.truncate(32 * 1024**2)
    path = f"{tools / 'usr/bin'}{os.pathsep}{os.environ['PATH']}"
    run("mformat", "-i", image, "::", cwd=work, PATH=path)
    for name in ("linux", "initrd", "syslinux.cfg"):
        run("mcopy", "-i", image, work / name, "::", cwd=work, PATH=path)
    run("syslinux", "--install", image, cwd=work, PATH=path)
    return image


def run(*command, cwd, **environment):
    """What a program prints; a program of the packages is looked for in PATH."""
    program = shutil.which(command[0], path=str(environment.get("PATH", os.environ["PATH"])))
    done = subprocess.run(
        [program, *map(str, command[1:])], cwd=cwd, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {name: str(value) for name, value in environment.items()},
    )
    assert done.returncode == 0, f"{command}: {done.stdout}"
    return done.stdout
