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
        """Stop claiming, and give what is running back to the queue."""

    @abstractmethod
    def ring(self) -> None:
        """Something new is queued."""

    @abstractmethod
    def cancel(self, run: type, run_id: int) -> None:
        """The row says that this run is to be cancelled."""
