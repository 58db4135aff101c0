"""What clients are told of a prompt, whatever order news comes in."""

from typing import Any

import pytest

from paintgraph.api.comfy.following.narrating import Narrator
from paintgraph.jobs.store.job import Job

NODE = {"node": "1", "display": "1", "parent": "1", "submitted": "1"}


def step(done: int) -> dict[str, Any]:
    return {"type": "progress", "done": done, "total": 6, **NODE}


@pytest.mark.parametrize(
    ("heard", "late", "expected"),
    [([4], [6], [4, 6]), ([4, 6], [], [4, 6]), ([], [], []), ([], [6], [])],
    ids=["too late", "in time", "no steps", "all too late"],
)
def test_the_last_step_is_told_once_with_the_end_of_a_node(
    heard: list[int], late: list[int], expected: list[int]
) -> None:
    narrator = Narrator(Job("j", 1, "running", "", "light", 0, 0.0, name="p"), frozenset(), str)
    told = narrator.take((), [{"type": "node_started", **NODE}], 0.0)
    for done in heard:
        told += narrator.take((), [step(done)], 0.0)
    told += narrator.take([{"type": "node_finished", "how": "computed", **NODE}], [], 0.0)
    told += narrator.take((), map(step, late), 0.0)

    steps = [each[1] for each in told if isinstance(each, tuple) and each[0] == "progress"]
    assert [each["value"] for each in steps] == expected
    assert all(each == {**each, "max": 6, "prompt_id": "p", "node": "1"} for each in steps)
