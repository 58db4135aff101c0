"""When who is refused is to come again."""

from dataclasses import replace
from typing import Any

import pytest

from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.dispatching.quotas import NO_QUOTA, QueueFullError
from paintgraph.jobs.dispatching.waiting import Queue
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.queries import Queued


class Full:
    """A store in which a hundred heavy jobs wait."""

    def waiting(self) -> list[Queued]:
        return [Queued("", "heavy", 100, 0)]


def seconds(*ended: Job) -> int:
    """How long a client is told to wait after these jobs have ended."""
    store: Any = Full()
    queue = Queue(store, Limits(1), lambda _: 1, lambda _: NO_QUOTA)
    for job in ended:
        queue.job_ended(job)
    with pytest.raises(QueueFullError) as caught:
        queue._check(NewJob({}, {}, size="heavy"), NO_QUOTA)
    return caught.value.retry_seconds


def test_a_job_that_waited_for_its_parts_does_not_tell_how_long_one_takes() -> None:
    """Wherever its parts ended; it is claimed once more when all have, unless it is cancelled."""
    once = Job("p", 2, "succeeded", "", "heavy", 0, 0.0, started=0.0, ended=6000.0, fence=1)
    whole, cancelled = replace(once, fence=2), replace(once, state="cancelled")

    assert seconds(whole) == seconds(cancelled) == seconds()
    assert seconds(once) > seconds()
