"""What a build may not ask of the kernel: to meddle with process 1 of its sandbox.

That is bubblewrap, and the same user as the build. Whoever traces it, or writes to its memory, has
it do whatever he likes: no longer end with the server, for one. Whoever takes what it has open can
give back the lock of the run; nobody may take from any process, as the filter cannot see from
which. Everything else may be asked, and all other processes of the build may be traced.
"""

import errno
import struct

#: Kinds of processors as the kernel numbers them, each with its numbers of `ptrace`, of
#: `process_vm_writev` and of `pidfd_getfd`. On one machine there may be several.
X86_64, I386, AARCH64, ARM, RISCV64 = 0xC000003E, 0x40000003, 0xC00000B7, 0x40000028, 0xC00000F3
X32 = 0x40000000  # on X86_64, with pointers of 32 bits
CALLS = (
    (X86_64, 101, 311, 438),
    (X86_64, X32 + 521, X32 + 540, X32 + 438),
    (I386, 26, 348, 438),
    (AARCH64, 117, 271, 438),
    (ARM, 26, 377, 438),
    (RISCV64, 117, 271, 438),
)
#: The numbers of `setgroups`, and of all that give a file to somebody.
GIVING = (
    (X86_64, (116, 92, 93, 94, 260)),
    (I386, (81, 206, 16, 95, 182, 198, 207, 212, 298)),
    (AARCH64, (159, 54, 55)),
    (ARM, (81, 206, 16, 95, 182, 198, 207, 212, 325)),
    (RISCV64, (159, 54, 55)),
)
#: Where a filter finds the number of a call, the kind of processor, and the first arguments; all
#: these processors keep the low half first.
NUMBER, PROCESSOR, FIRST, SECOND = 0, 4, 16, 24
LOAD, IS, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE, PRETEND = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000


def program():
    """The filter, as the kernel runs it before each system call."""
    rules = []
    for processor, ptrace, writev, getfd in CALLS:
        rules += [(processor, ptrace, SECOND, 1), (processor, writev, FIRST, 1)]
        rules += [(processor, getfd, NUMBER, getfd)]
    steps = []
    for left, rule in zip(reversed(range(len(rules))), rules):
        steps += steps_of(*rule, left)
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def steps_of(processor, number, place, value, left):
    """Go to the last step if a call has this value in its place; else on, to the rules left."""
    return [
        (LOAD, 0, 0, PROCESSOR),
        (IS, 0, 4, processor),
        (LOAD, 0, 0, NUMBER),
        (IS, 0, 2, number),
        (LOAD, 0, 0, place),
        (IS, 6 * left + 1, 0, value),
    ]


def pretending():
    """Says to have done what cannot be done where there is one user only: to change groups, and to
    give files to others.

    Programs that become a user, or install something, give up where they may not.
    """
    steps = []
    for processor, numbers in GIVING:
        for number in numbers:
            steps += [
                (LOAD, 0, 0, PROCESSOR),
                (IS, 0, 3, processor),
                (LOAD, 0, 0, NUMBER),
                (IS, 0, 1, number),
                (RETURN, 0, 0, PRETEND),
            ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


PROGRAM = program()
#: The same for a nested sandbox with a single user.
LONELY = pretending() + PROGRAM
