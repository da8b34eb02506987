"""What the commands of builds printed, as files."""

from functools import partial

from ec_builds.store.log import LogSegment

#: Bytes read at a time of what may be long.
BLOCK = 256 * 1024


class Logs:
    def __init__(self, kept):
        self.kept = kept

    def of_build(self, build_id):
        """The log of a build as it is now; what is not printed yet is not in it.

        A log is only ever added to, so that its size tells one state of it from all others.
        Raises Unavailable if the storage does not answer.
        """
        size, find = LogSegment.length(build_id), partial(LogSegment.place, build_id)
        return self.kept.join(find, size, f"build-{build_id}.txt", f"{build_id}-{size}")

    def of_job(self, job):
        """What a job has printed by now, which is a part of the log of its build."""
        begin, length = job.log_start or 0, LogSegment.length(job.build_id)
        end = 0 if job.log_start is None else job.log_end
        size = max(0, min(length if end is None else end, length) - begin)

        def find(offset):
            found = LogSegment.place(job.build_id, begin + offset)
            return found and (found[0], found[1] - begin)

        tag = f"{job.build_id}-{job.id}-{begin}-{size}"
        return self.kept.join(find, size, f"build-{job.build_id}-job-{job.id}.txt", tag)

    def part(self, build_id, begin, end, most):
        """The bytes of a part of a log: of a longer one its beginning and its end.

        begin, end: the first byte, and the one after the last, or None for the end of the log.
        most: bytes that are read. Returns them as a list of one piece, or two.
        """
        whole = self.of_build(build_id)
        end = whole.size if end is None else min(end, whole.size)
        with whole.file as file:
            if end - begin <= most:
                return [self.read(file, begin, end)]
            half = most // 2
            return [self.read(file, begin, begin + half), self.read(file, end - half, end)]

    def read(self, file, begin, end):
        file.seek(begin)
        return b"".join(self.pieces(file, begin, end, end - begin))

    def blocks(self, build_id, begin, end):
        """The bytes of a part of a log, all of them, in blocks."""
        whole = self.of_build(build_id)
        end = whole.size if end is None else min(end, whole.size)
        whole.file.seek(begin)
        return self.closing(whole.file, begin, end)

    def closing(self, file, begin, end):
        with file:
            yield from self.pieces(file, begin, end, BLOCK)

    def pieces(self, file, begin, end, most):
        while begin < end:
            with self.kept.asking():
                block = file.read(min(most, end - begin))
            if not block:
                return
            begin += len(block)
            yield block
