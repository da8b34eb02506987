"""What a build may not ask of the kernel: to meddle with process 1 of its sandbox.

That is bubblewrap, and the same user as the build. Whoever traces it, or writes to its memory, has
it do whatever he likes: no longer end with the server, for one. Everything else may be asked, and
all other processes of the build may be traced.
"""

import errno
import struct

#: Kinds of processors as the kernel numbers them, each with its numbers of `ptrace` and of
#: `process_vm_writev`. On one machine there may be several.
X86_64, I386, AARCH64, ARM, RISCV64 = 0xC000003E, 0x40000003, 0xC00000B7, 0x40000028, 0xC00000F3
X32 = 0x40000000  # on X86_64, with pointers of 32 bits
CALLS = (
    (X86_64, 101, 311),
    (X86_64, X32 + 521, X32 + 540),
    (I386, 26, 348),
    (AARCH64, 117, 271),
    (ARM, 26, 377),
    (RISCV64, 117, 271),
)
#: Which argument of them says what process is meant; all these processors keep the low half first.
PTRACE, WRITEV = 1, 0
#: Where a filter finds the number of a call, the kind of processor, and the first argument.
NUMBER, PROCESSOR, ARGUMENTS = 0, 4, 16
LOAD, IS, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM


def program():
    """The filter, as the kernel runs it before each system call."""
    rules = []
    for processor, ptrace, writev in CALLS:
        rules += [(processor, ptrace, PTRACE), (processor, writev, WRITEV)]
    steps = []
    for left, rule in zip(reversed(range(len(rules))), rules):
        steps += steps_of(*rule, left)
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def steps_of(processor, number, argument, left):
    """Go to the last step if a call is meant for process 1; else on, to the rules that are left."""
    return [
        (LOAD, 0, 0, PROCESSOR),
        (IS, 0, 4, processor),
        (LOAD, 0, 0, NUMBER),
        (IS, 0, 2, number),
        (LOAD, 0, 0, ARGUMENTS + 8 * argument),
        (IS, 6 * left + 1, 0, 1),
    ]


PROGRAM = program()
