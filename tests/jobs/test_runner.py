"""Running a job where workers do, without a worker."""

import errno
import os
from collections.abc import Mapping
from typing import Any

import pytest

from paintgraph.engine.execution.run import Outcome, Worker
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.node.context import Cancellation, Services
from paintgraph.jobs.workers.runner import Ended, Parts, run_job
from paintgraph.tests.fake_nodes import registry
from paintgraph.tests.jobs.parts import describe

GRAPH = {
    "paintgraph": 1,
    "nodes": {"sum": {"node": "Add", "a": 2, "b": 3}},
    "outputs": {"sum": "${sum.sum}"},
}


def ran(error: OSError | None = None) -> Ended:
    def described(graph: Graph, outcome: Outcome, texts: Mapping[str, str]) -> dict[str, Any]:
        if error is not None:
            raise error
        return describe(graph, outcome, texts)

    parts = Parts(Worker(registry(), Services()), described)
    return run_job(parts, "job", GRAPH, {}, listen=lambda _: None, cancellation=Cancellation())


def test_a_job_ends_with_its_results() -> None:
    assert ran() == Ended("succeeded", {"sum": 5})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_results_that_cannot_be_kept_fail_the_job_and_not_the_worker(number: int) -> None:
    ended = ran(OSError(number, os.strerror(number)))

    (problem,) = ended.problems
    assert (ended.state, ended.outputs, problem["code"]) == ("failed", {}, "cannot_write")
    assert problem["message"] == (
        f"the results cannot be written: {os.strerror(number)}. Free space or choose another place."
    )
