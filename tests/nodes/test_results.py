"""Results are described once, for jobs and for Python."""

from pathlib import Path
from typing import Any

import pytest

from paintgraph.base.text.document import Document
from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.engine.execution.run import Worker, run
from paintgraph.engine.graph.formats.native import read_native
from paintgraph.engine.node.context import Services
from paintgraph.engine.recipes.checking import check, targets_of
from paintgraph.nodes.results import describe_results
from paintgraph.tests.fake_nodes import registry

NODES = {
    "one": {"node": "Number", "value": 5},
    "many": {"node": "CountUp", "n": 3},
    "odd": {"node": "FailIfOdd", "value": "${many.numbers}"},
    "few": {"node": "CountUp", "n": 2},
    "left": {"node": "FailIfOdd", "value": "${few.numbers}"},
    "bad": {"node": "Fail"},
}


def described(folder: Path, outputs: dict[str, str]) -> dict[str, Any]:
    document = {"paintgraph": 1, "nodes": NODES, "outputs": outputs}
    known = registry()
    graph, problems = read_native(Document(document), "test")
    graph = check(graph, known, problems).sound()
    worker = Worker(known, Services())
    outcome = run(graph, worker, targets_of(graph, known).values(), on_failure="continue")
    return describe_results(graph, outcome, blobs=FolderBlobs(folder))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("${one.sum}", {"out": 5}),
        ("${many.numbers}", {"out": [0, 1, 2]}),
        ("${odd.sum}", {"out": [0, 2]}),
        ("${left.sum}", {"out": [0]}),
        ("${bad.sum}", {}),
    ],
    ids=["one value", "a list", "without its failures", "a list of one", "nothing"],
)
def test_results_are_described_by_name(tmp_path: Path, output: str, expected: Any) -> None:
    assert described(tmp_path, {"out": output}) == expected
