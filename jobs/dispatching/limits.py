"""Bounds of the queue, of patience, and of workers."""

from dataclasses import dataclass, field

from paintgraph.jobs.store.claims import LEASE_SECONDS
from paintgraph.jobs.workers.watch import Bounds


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the queue and of patience.

    Attributes:
        jobs, bytes: how much may wait.
        grace_seconds: how long a cancelled job may take to stop by itself.
        patience_seconds: how long a job waits until its files can be written.
        job_seconds: how long a job may be at work; 0: as long as it takes.
        workers: what each worker may do.
        lease_seconds: after how long without a sign of life of its server a job is another's.
    """

    jobs: int = 1000
    bytes: int = 512 * 2**20
    grace_seconds: float = 5.0
    patience_seconds: float = 60.0
    job_seconds: float = 0.0
    workers: Bounds = field(default_factory=Bounds)
    lease_seconds: float = LEASE_SECONDS
