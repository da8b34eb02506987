"""Gunicorn's process with threads, which refuses in our words and stops as builds need it."""

from gunicorn import util
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from ec_builds.cli.refusal import answer, refused, root


class Attendant(ThreadWorker):
    """A process of gunicorn that knows of builds, and of problem documents for what is no HTTP."""

    def handle_exit(self, sig, frame):
        """SIGTERM: builds get their time to end, and requests as well."""
        self.app.retiring.set()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig, frame):
        """SIGINT and SIGQUIT: somebody waits at a terminal, so builds get no time.

        Gunicorn's own handler waits for locks, which the code that it interrupts may hold.
        """
        self.app.hurrying.set()
        self.handle_exit(sig, frame)

    def handle_error(self, req, client, addr, exc):
        """Answer a request that could not be read; the application never sees it."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.info("%s sent what is no request: %s", addr, exc)
        try:
            where = root(self.app.config.public_url, client.getsockname())
            util.write_nonblock(client, answer(refused(exc), where))
        except OSError as error:
            self.log.debug("%s cannot be reached: %s", addr, error)
