"""How far a fill of PatchMatch is: every step of a real one, and of levels that it may take."""

import subprocess

from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base import frames
from paintgraph.base.processes import start
from paintgraph.models.families.patchmatch.steps import STEPS, Steps
from paintgraph.tests.models.inpainting.test_patchmatch import HEADER, answer_of, bodies, stripes


def test_a_fill_tells_how_far_it_is_and_the_next_one_begins_anew() -> None:
    image, mask = stripes(120)
    header = {**HEADER, "height": 120, "width": 120, "patch_size": 3}
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with start("paintgraph.models.families.patchmatch.worker", **options) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        first: list[int] = []
        second: list[int] = []
        for told in (first, second):
            process.stdin.write(frames.pack(header, *bodies(image, mask)))
            process.stdin.flush()
            told.extend(answer_of(process.stdout))
        process.stdin.close()
        printed = process.stderr.read()

    assert first == second == sorted(set(first))
    assert first[0] < STEPS / 2 < first[-1] < STEPS
    assert printed == b""


@given(st.integers(2, 9), st.integers(2, 9))
def test_steps_never_go_back_and_end_short_of_the_whole(highest: int, again: int) -> None:
    steps = Steps()
    seen = [0]
    for level in [*range(highest, 1, -1), *range(min(again, highest), -1, -1)]:
        steps.take(b"Inpainting level: %d\n" % level)
        for number in range(2 * level + 1):
            steps.take(b"EM Iteration: %d\n" % number)
            seen.append(steps.done)

    assert seen == sorted(seen)
    assert STEPS / 2 < seen[-1] < STEPS
