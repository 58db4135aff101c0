import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO

import numpy as np
import pytest
from numpy.typing import NDArray

from paintgraph.base import frames
from paintgraph.base.listening import SILENT, Listening
from paintgraph.base.processes import HelperProcess
from paintgraph.imaging.errors import MaskError
from paintgraph.models.errors import EngineFailedError
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.families.patchmatch.steps import STEPS
from paintgraph.models.inpainting.protocols import Inpainter, InpaintRequest

HEADER = {"seed": 0, "keep_row": False, "keep_column": False, "guide_weight": 0.0}


class CancelledError(Exception):
    """What the tests' checks raise."""


class WatchedPool(PatchMatchPool):
    """Remembers which helpers served."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[HelperProcess] = []

    def _take(self) -> HelperProcess:
        self.taken.append(super()._take())
        return self.taken[-1]


@pytest.fixture
def pool() -> Iterator[PatchMatchPool]:
    with PatchMatchPool(helpers=2) as pool:
        yield pool


def stripes(side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Noisy stripes with a hole in the middle."""
    image = np.random.default_rng(0).integers(0, 60, (side, side, 3)).astype(np.uint8)
    image[:, ::4] += 150
    mask = np.zeros((side, side), np.bool_)
    mask[side // 4 : side // 2, side // 4 : side // 2] = True
    image.flags.writeable = False
    return image, mask


def bodies(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> tuple[bytes, bytes, bytes]:
    """What a worker reads after the header; nothing is barred."""
    return image.tobytes(), mask.tobytes(), np.zeros_like(mask).tobytes()


def answer_of(stream: IO[bytes]) -> list[int]:
    """How far the work was, as long as nothing but that is said: up to its answer."""
    steps = []
    while "progress" in (message := frames.read(stream)[0]):
        steps.append(message["progress"][0])
    return steps


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def only_helper(pool: PatchMatchPool) -> HelperProcess:
    (helper,) = pool._idle
    return helper


def test_the_hole_is_filled_and_the_rest_stays(pool: PatchMatchPool) -> None:
    image, mask = stripes(48)

    painted = pool.inpaint(image, mask, seed=1)

    assert np.array_equal(image[~mask], painted[~mask])
    assert not np.array_equal(image[mask], painted[mask])
    assert painted.flags.writeable


def test_parallel_calls_equal_serial_ones(pool: PatchMatchPool) -> None:
    image, mask = stripes(48)
    with ThreadPoolExecutor(4) as threads:
        parallel = list(threads.map(lambda seed: pool.inpaint(image, mask, seed), range(4)))

    with PatchMatchPool() as other:
        serial = [other.inpaint(image, mask, seed) for seed in (3, 2, 1, 0)][::-1]

    assert np.array_equal(serial, parallel)
    assert not np.array_equal(serial[0], serial[1])


def test_a_warm_helper_is_used_again(pool: PatchMatchPool) -> None:
    image, mask = stripes(24)
    pool.inpaint(image, mask)
    first = only_helper(pool).pid
    pool.inpaint(image, mask)

    assert first == only_helper(pool).pid


def test_a_cancelled_call_kills_its_helper_in_the_middle_of_its_work() -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 4:  # three waits, in which the warm helper works on the large picture
            assert is_running(watched.taken[-1].pid)
            raise CancelledError

    with WatchedPool() as watched:
        watched.inpaint(*stripes(16))
        with pytest.raises(CancelledError):
            watched.inpaint(*stripes(1024), listening=Listening(check=check))

        assert watched.taken[0] is watched.taken[1]
        assert not is_running(watched.taken[1].pid)
        assert watched._idle == []


def test_waiting_for_a_free_helper_can_be_cancelled() -> None:
    image, mask = stripes(16)

    def check() -> None:
        raise CancelledError

    with PatchMatchPool(helpers=0) as pool, pytest.raises(CancelledError):
        pool.inpaint(image, mask, listening=Listening(check=check))


def test_a_helper_that_dies_is_an_error_and_the_next_call_works(pool: PatchMatchPool) -> None:
    image, mask = stripes(400)
    pool.inpaint(*stripes(16))
    pid = only_helper(pool).pid
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(
        EngineFailedError, match=r"ended in the middle of its work \(exit"
    ) as caught:
        pool.inpaint(image, mask, listening=Listening(check=check))

    assert caught.value.code == "engine_failed"
    pool.inpaint(*stripes(16))
    assert pid != only_helper(pool).pid


def test_an_idle_helper_that_died_is_replaced(pool: PatchMatchPool) -> None:
    image, mask = stripes(16)
    pool.inpaint(image, mask)
    dead = only_helper(pool)
    os.kill(dead.pid, signal.SIGKILL)
    dead._process.wait()

    pool.inpaint(image, mask)

    assert only_helper(pool) is not dead


def test_a_helper_that_was_never_asked_can_be_killed() -> None:
    helper = HelperProcess("paintgraph.models.families.patchmatch.worker")

    assert helper.is_alive
    helper.kill()
    assert not helper.is_alive


def test_close_ends_idle_helpers_and_refuses_work() -> None:
    image, mask = stripes(16)
    pool = PatchMatchPool()
    pool.inpaint(image, mask)
    pid = only_helper(pool).pid

    pool.close()

    assert not is_running(pid)
    with pytest.raises(EngineFailedError, match="the PatchMatch pool is closed"):
        pool.inpaint(image, mask)


def test_a_helper_that_is_busy_at_close_ends_after_its_call() -> None:
    image, mask = stripes(24)
    pool = WatchedPool()
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            pool.close()

    painted = pool.inpaint(image, mask, listening=Listening(check=check))

    assert painted.shape == image.shape
    assert not is_running(pool.taken[0].pid)


def test_an_empty_mask_changes_nothing_and_starts_nothing(pool: PatchMatchPool) -> None:
    image, mask = stripes(8)

    assert np.array_equal(image, pool.inpaint(image, np.zeros_like(mask)))
    assert pool._idle == []


def test_a_full_mask_is_refused(pool: PatchMatchPool) -> None:
    image, mask = stripes(8)

    with pytest.raises(MaskError, match="nothing to copy from") as caught:
        pool.inpaint(image, np.ones_like(mask))

    assert caught.value.code == "full_mask"


def test_what_the_library_refuses_is_told(
    pool: PatchMatchPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paintgraph.models.families.patchmatch.engine._PATCH_SIZE", 0)

    with pytest.raises(EngineFailedError, match="PatchMatch failed on a picture of 8x8 px"):
        pool.inpaint(*stripes(8))


def test_the_engine_speaks_float_and_reports(pool: PatchMatchPool) -> None:
    pixels, hole = stripes(24)
    image = pixels[np.newaxis].astype(np.float32) / np.float32(255)
    mask = hole[np.newaxis].astype(np.float32)
    engine: Inpainter = PatchMatch(pool)
    reports: list[tuple[int, int]] = []

    painted = engine.inpaint(
        image,
        mask,
        InpaintRequest(seed=-1),
        Listening(lambda done, total: reports.append((done, total))),
    )

    assert np.array_equal(image[mask == 0], painted[mask == 0])
    assert reports == sorted(reports)
    assert reports[-1] == (STEPS, STEPS)
    again = engine.inpaint(image, mask, InpaintRequest(seed=-1), SILENT)
    assert np.array_equal(painted, again)


@pytest.mark.parametrize("side", ["inside", "right", "bottom", "all around"])
def test_what_is_to_be_avoided_is_never_copied(pool: PatchMatchPool, side: str) -> None:
    pixels, _ = stripes(64)
    image = pixels[np.newaxis].astype(np.float32) / np.float32(255)
    mask, avoid = np.zeros((2, 1, 64, 64), np.float32)
    if side == "inside":
        mask[:, 20:40, 20:40] = 1
    elif side == "all around":
        mask[...] = 1
        mask[:, 16:48, 16:48] = 0
    else:
        np.moveaxis(mask, 1 if side == "bottom" else 2, 0)[40:] = 1
    avoid[:, 12:30, 12:36] = 1
    image[(avoid > 0) & (mask == 0)] = np.array([0, 1, 0], np.float32)

    painted = PatchMatch(pool).inpaint(image, mask, InpaintRequest(), SILENT, avoid=avoid)

    red, green, _ = np.moveaxis(painted[mask > 0], 1, 0)
    # In grey stripes only what is avoided is green.
    assert (green - red).max() < 0.4
    assert np.array_equal(image[mask == 0], painted[mask == 0])


def test_the_worker_ends_with_its_input_even_while_it_works() -> None:
    image, mask = stripes(1024)
    header = {**HEADER, "height": 1024, "width": 1024, "patch_size": 7}
    with subprocess.Popen(
        [sys.executable, "-m", "paintgraph.models.families.patchmatch.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        small = {**HEADER, "height": 16, "width": 16, "patch_size": 3}
        little, little_mask = stripes(16)
        process.stdin.write(frames.pack(small, *bodies(little, little_mask)))
        process.stdin.flush()
        answer_of(process.stdout)
        process.stdin.write(frames.pack(header, *bodies(image, mask)))
        process.stdin.close()

        assert process.wait(timeout=120) == 0
        with pytest.raises(EOFError):  # nothing but how far it was
            answer_of(process.stdout)
