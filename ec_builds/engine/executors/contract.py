"""What an executor promises. One suite of tests holds every executor to it."""

from abc import ABC, abstractmethod


class Executor(ABC):
    """Runs what is queued in the database. It is told that there is news, and looks for itself.

    `start` is called once by the process that owns it and `stop` once at its
    end; `ring` and `cancel` by any thread, also before `start`, and neither
    waits. A ring that is lost only delays a run.
    """

    @abstractmethod
    def start(self) -> None:
        """Begin to run what is queued."""

    @abstractmethod
    def stop(self) -> None:
        """Stop claiming, let what is running end, and give back to the queue what takes too long.

        May be called again, from any thread; then it waits for the same end.
        """

    def hurry(self) -> None:
        """Whoever stops, or will stop, gives back at once what is running."""

    @abstractmethod
    def ring(self) -> None:
        """Something new is queued."""

    @abstractmethod
    def cancel(self, run: type, run_id: int) -> None:
        """The row says that this run is to be cancelled."""
