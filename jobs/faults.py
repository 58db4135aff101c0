"""Why the server ends a job, or its worker, by itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a job's worker is ended, or the job itself.

    Attributes:
        code: for programs.
        message: what is wrong, what is allowed, and the cure; follows the name of the place.
        again: whether the job may be tried again.
    """

    code: str
    message: str
    again: bool = False


UNRENEWED = Fault(
    "worker_lost",
    "its agent was lost 3 times while it ran, or did not reach the job store in time, and no "
    "result was kept between. Look into the agents' logs, above all for machines that run "
    "out of memory, or raise lease_seconds.",
    again=True,
)
"""Whoever had the job has not renewed that."""


def stalled(seconds: float) -> Fault:
    """The worker stands still."""
    return Fault(
        "worker_stalled",
        f"it stood still for {seconds:g} s, which is all that is allowed: its worker neither "
        "answered nor computed, or all its threads waited for each other. Mend the node, or raise "
        "stall_seconds.",
        again=True,
    )


def out_of_memory(taken: int, allowed: int) -> Fault:
    """The worker takes more memory than it may, or all and wants more; both in bytes."""
    more = "" if taken > allowed else " and wanted more"
    return Fault(
        "out_of_memory",
        f"its worker took {taken >> 20} MiB of memory{more}; allowed are {allowed >> 20} MiB. "
        "Use smaller pictures or fewer at once, or raise worker_bytes.",
    )


def out_of_time(seconds: float) -> Fault:
    """The job has been at work for too long."""
    return Fault(
        "job_timeout",
        f"the job was at work for {seconds:g} s, which is all that is allowed. Use smaller "
        "pictures or fewer steps, or raise job_seconds.",
    )
