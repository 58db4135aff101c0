"""A helper process that runs PatchMatch, one picture at a time: `python -m` this module.

It reads frames from its standard input and answers on its standard output. It ends as soon as its
input ends, even while it works, so that no helper outlives the process that started it.
"""

import os
import queue
import sys
import threading
from typing import IO, Any

import numpy as np
import patchmatch

from paintgraph.base import frames
from paintgraph.models.families.patchmatch.steps import PRINTED, STEPS, Steps

_END = b"paintgraph: the fill is over\n"


def main() -> None:
    """Answer frames until the input ends."""
    # Whatever the C library prints goes to the error stream, never between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: queue.Queue[tuple[dict[str, Any], bytes]] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    printed = _Printed(answers)
    while True:
        header, body = requests.get()
        printed.begin()
        try:
            painted = _inpaint(header, body)
        except (RuntimeError, ValueError, MemoryError) as error:
            printed.end()
            _answer(answers, {"error": str(error) or type(error).__name__})
        else:
            printed.end()
            _answer(answers, {}, painted)


class _Printed:
    """Reads what the library prints to the standard error, from which it tells how far it is.

    What is printed otherwise is passed on.
    """

    def __init__(self, answers: IO[bytes]) -> None:
        self._answers = answers
        self._steps = Steps()
        self._is_over = threading.Event()
        self._errors = os.fdopen(os.dup(2), "w", errors="replace")
        sys.stderr = self._errors
        reading, self._writing = os.pipe()
        os.dup2(self._writing, 2)
        patchmatch.set_verbose(True)
        threading.Thread(target=self._read, args=(reading,), daemon=True).start()

    def begin(self) -> None:
        """A fill begins."""
        self._is_over.clear()
        self._steps = Steps()

    def end(self) -> None:
        """Wait until all is read that the fill has printed."""
        os.write(self._writing, _END)
        self._is_over.wait()

    def _read(self, pipe: int) -> None:
        with os.fdopen(pipe, "rb") as lines:
            for line in lines:
                if line.endswith(_END):
                    self._is_over.set()
                elif not line.startswith(PRINTED):
                    self._errors.write(line.decode(errors="replace"))
                    self._errors.flush()
                elif self._steps.take(line):
                    _answer(self._answers, {"progress": [self._steps.done, STEPS]})


def _listen(stream: IO[bytes], requests: "queue.Queue[tuple[dict[str, Any], bytes]]") -> None:
    while True:
        try:
            requests.put(frames.read(stream))
        except EOFError:
            os._exit(0)


def _answer(stream: IO[bytes], message: frames.Message, *bodies: bytes) -> None:
    stream.write(frames.pack(message, *bodies))
    stream.flush()


def _inpaint(header: dict[str, Any], body: bytes) -> bytes:
    height, width = header["height"], header["width"]
    planes = np.frombuffer(body, np.uint8).reshape(5, height, width)
    image = planes[:3].reshape(height, width, 3)
    mask, barred = planes[3:]
    patchmatch.set_random_seed(header["seed"])
    options = {"global_mask": barred if barred.any() else None, "patch_size": header["patch_size"]}
    if header["keep_row"] or header["keep_column"]:
        # The guide makes patches dear whose place, by this map, is far from that of the hole.
        guide = np.zeros((height, width, 3), np.float32)
        along = np.float32(max(height, width))
        guide[..., 0] = header["keep_row"] * np.arange(height)[:, np.newaxis] / along
        guide[..., 1] = header["keep_column"] * np.arange(width) / along
        painted = patchmatch.inpaint_regularity(
            image, mask, guide, guide_weight=header["guide_weight"], **options
        )
    else:
        painted = patchmatch.inpaint(image, mask, **options)
    return bytes(painted.tobytes())


if __name__ == "__main__":
    main()
