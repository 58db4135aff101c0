"""PatchMatch: fills a hole with patches of its surroundings; needs no weights.

The library keeps its random state per process and cannot be cancelled inside a call, so it runs in
helper processes that may be killed. A result depends on picture, mask and seed alone, not on the
helper that made it.
"""

import threading
from typing import Self

import numpy as np
from numpy.typing import NDArray

from paintgraph.base.listening import SILENT, Listening
from paintgraph.base.processes import HelperProcess
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import MaskError
from paintgraph.imaging.fill.deepen import deepen
from paintgraph.imaging.fill.detail import enlarge_with_detail
from paintgraph.imaging.fill.shading import find_shading
from paintgraph.imaging.samples import nearest_bytes
from paintgraph.models.errors import EngineFailedError
from paintgraph.models.families.patchmatch.sources import Sources, find_sources
from paintgraph.models.families.patchmatch.steps import STEPS
from paintgraph.models.inpainting.protocols import InpaintRequest

_PATCH_SIZE = 3  # a radius; larger ones are blurrier and many times slower
_POLL_SECONDS = 0.05  # between two looks for a free helper
_WORKER = "paintgraph.models.families.patchmatch.worker"


class PatchMatchPool:
    """At most `helpers` processes that run PatchMatch; started when needed, kept warm, reused.

    Any number of threads may call at once. Close it, or use it in a `with` statement.
    """

    def __init__(self, helpers: int = 1) -> None:
        self._free = threading.Semaphore(helpers)
        self._lock = threading.Lock()
        self._idle: list[HelperProcess] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the idle helpers now, the busy ones when their call ends."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for helper in idle:
            helper.kill()

    def inpaint(
        self,
        image: NDArray[np.uint8],
        mask: NDArray[np.bool_],
        seed: int = 0,
        listening: Listening = SILENT,
        sources: Sources | None = None,
    ) -> NDArray[np.uint8]:
        """Fill the picture `[H, W, 3]` where the mask `[H, W]` is set, and return a new one.

        Without `sources` all that is known may be copied. `listening` hears how far it is, of
        STEPS, and may end it, about every 50 ms; then the helper is killed.
        """
        if not mask.any():
            return image.copy()
        if mask.all():
            raise MaskError(
                "the mask selects the whole picture, so PatchMatch has nothing to copy from; "
                "use a smaller mask, or an engine that generates.",
                code="full_mask",
            )
        sources = sources or Sources(np.zeros_like(mask), keep_row=False, keep_column=False)
        while not self._free.acquire(timeout=_POLL_SECONDS):
            listening.check()
        try:
            return self._inpaint(image, mask, seed, listening, sources)
        finally:
            self._free.release()

    def _inpaint(
        self,
        image: NDArray[np.uint8],
        mask: NDArray[np.bool_],
        seed: int,
        listening: Listening,
        sources: Sources,
    ) -> NDArray[np.uint8]:
        height, width = mask.shape
        header = {
            "height": height,
            "width": width,
            "seed": int(seed) % 2**32,
            "patch_size": _PATCH_SIZE,
            "keep_row": sources.keep_row,
            "keep_column": sources.keep_column,
            "guide_weight": sources.guide_weight,
        }
        bodies = image.tobytes(), mask.tobytes(), sources.barred.tobytes()
        listening.check()
        helper = self._take()
        try:
            answer, body = helper.ask(header, bodies, listening)
        except (EOFError, OSError) as error:
            raise EngineFailedError(
                "the helper process of PatchMatch ended in the middle of its work "
                f"(exit code {helper.kill()}); it may have run out of memory. "
                "Try again: the next call starts a new one."
            ) from error
        except BaseException:
            helper.kill()
            raise
        self._give_back(helper)
        if "error" in answer:
            raise EngineFailedError(
                f"PatchMatch failed on a picture of {height}x{width} px (height x width): "
                f"{answer['error']}. Use engine 'telea', or a smaller picture."
            )
        return np.frombuffer(body, np.uint8).reshape(image.shape).copy()

    def _take(self) -> HelperProcess:
        """A warm helper that is alive, or a new one."""
        with self._lock:
            if self._closed:
                raise EngineFailedError("the PatchMatch pool is closed. Make a new one.")
            while self._idle:
                helper = self._idle.pop()
                if helper.is_alive:
                    return helper
                helper.kill()
        return HelperProcess(_WORKER)

    def _give_back(self, helper: HelperProcess) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(helper)
                return
        helper.kill()


class PatchMatch:
    """PatchMatch as an `Inpainter`; the pool that it runs in belongs to the caller."""

    name = "patchmatch"
    copies_surroundings = True
    working_side = 1024
    working_pixels = 400_000  # about 8 s on one core
    least_side = 1
    size_multiple = 1
    tile_side = 0
    varies = True

    def __init__(self, pool: PatchMatchPool) -> None:
        self._pool = pool

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,
        *,
        avoid: Mask | None = None,
    ) -> Image:
        """Fill what the mask selects with patches of the rest; see `Inpainter`."""
        hole = mask[0] > 0
        avoided = np.zeros_like(hole) if avoid is None else avoid[0] > 0
        # A full mask is refused by the pool, with a message of its own.
        sources = None if hole.all() else find_sources(hole, avoided, image[0])
        light = None if sources is None else _light(image[0], hole, sources)
        picture = image[0] if light is None else np.clip(image[0] - light, 0, 1)
        codes = self._pool.inpaint(nearest_bytes(picture), hole, request.seed, listening, sources)
        painted = _shares(codes)
        is_finer = request.depth > 8 and not np.array_equal(painted[~hole], picture[~hole])
        if is_finer and sources is not None:
            known = ~(hole | sources.barred)
            painted = deepen(picture, hole, painted, known, listening.check)
        if light is not None:
            lit = np.clip(painted + light, 0, 1)
            painted = lit if is_finer else _shares(nearest_bytes(lit))
        result: Image = painted[np.newaxis]
        listening.progress(STEPS, STEPS)
        return result

    def finish(
        self,
        part: Image,
        mask: Mask,
        painted: Image,
        listening: Listening,
        *,
        avoid: Mask | None = None,
    ) -> Image:
        """What was painted, at the size of the part, as sharp as what it was copied from."""
        return enlarge_with_detail(part, mask, painted, avoid, listening.check)


def _light(
    picture: NDArray[np.float32], hole: NDArray[np.bool_], sources: Sources
) -> NDArray[np.float32] | None:
    """The light over a picture with a hole inside, so that patches are copied without theirs."""
    if sources.keep_row or sources.keep_column:
        return None
    return find_shading(picture, hole, ~(hole | sources.barred))


def _shares(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    return codes.astype(np.float32) / np.float32(255)
