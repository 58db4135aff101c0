"""How much may wait and be at work of one client, and what is said where it is too much."""

from dataclasses import dataclass

from paintgraph.base.errors import Error
from paintgraph.jobs.dispatching.limits import Limits


class QueueFullError(Error):
    """No more jobs are taken now; `retry_seconds` is when it is worth trying again."""

    code = "queue_full"

    def __init__(self, message: str, retry_seconds: int) -> None:
        super().__init__(message, fields={"retry_seconds": retry_seconds})
        self.retry_seconds = retry_seconds


class DrainingError(Error):
    """The server is about to end and takes no more jobs."""

    code = "draining"


class QuotaReachedError(QueueFullError):
    """One client has as many jobs in the queue as it may."""

    code = "quota_reached"


@dataclass(frozen=True, slots=True)
class Quota:
    """Bounds for the jobs of one client; 0: none but those of the whole queue.

    Attributes:
        queued: how many jobs may wait.
        bytes: of how many bytes together.
        running: how many may be at work at once.
    """

    queued: int = 0
    bytes: int = 0
    running: int = 0

    def check(self, client: str, jobs: int, size: int, retry_seconds: int) -> None:
        """Raises QuotaReachedError where no more may wait than so many jobs of so many bytes."""
        is_full = self.queued and jobs >= self.queued
        if is_full or (self.bytes and size >= self.bytes):
            bounds = [f"{self.queued} jobs"] if self.queued else []
            bounds += [f"{self.bytes} bytes"] if self.bytes else []
            raise QuotaReachedError(
                f"'{client}' has {jobs} jobs of together {size} bytes in the queue; "
                f"allowed are {' and '.join(bounds)}. Try again in {retry_seconds} s.",
                retry_seconds,
            )


NO_QUOTA = Quota()


def check_room(limits: Limits, jobs: int, size: int, seconds: int) -> None:
    """Raise QueueFullError if no more may wait than these jobs of so many bytes together.

    `seconds` says when it is worth another try.
    """
    if jobs >= limits.jobs or size >= limits.bytes:
        raise QueueFullError(
            f"the queue is full with {jobs} jobs; allowed are {limits.jobs} jobs "
            f"of together {limits.bytes // 2**20} MiB. Try again in {seconds} s.",
            seconds,
        )
