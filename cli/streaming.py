"""`paintgraph run --frames WxH`: raw frames of a video from standard input to standard output.

One frame is in memory at a time, and models are loaded once. Each frame is a run of its own:
nothing is tracked from one to the next.
"""

import os
import re
import select
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from paintgraph.assembly import Assembly
from paintgraph.base.errors import Error, Problem, UsageError
from paintgraph.base.printing import printed_aside
from paintgraph.base.words import shorten
from paintgraph.cli.faults import FAILED, OK, misused, tell
from paintgraph.cli.many.gathering import are_many, by_number
from paintgraph.cli.preparing import Asked, RunOptions, bound_to, main_picture, opened
from paintgraph.cli.results import STDOUT, Destinations, Wanted, once
from paintgraph.engine.execution.blobs import FolderBlobs, reference_of
from paintgraph.engine.graph.graph import Descriptions
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event, Warned
from paintgraph.imaging.masks.algebra import to_image
from paintgraph.imaging.samples import quantise
from paintgraph.jobs.sources.references import References, draw_seed
from paintgraph.jobs.sources.trees import FolderTree
from paintgraph.nodes.pictures.budget import PixelBudget
from paintgraph.python.results import Picture, named_results
from paintgraph.python.running import interruptible, perform

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SIZE = re.compile(r"([0-9]{1,6})x([0-9]{1,6})", re.ASCII)
_CHANNELS = 3  # rgb24: red, green and blue, a byte each
_TOLD_SECONDS = 2.0
_LOOK_SECONDS = 0.2  # how soon a signal is heard while no frame comes
_NOWHERE = Destinations({}, {}, ())


class FrameError(Error):
    """A frame that cannot be read, or of which no frame can be made."""

    code = "bad_frame"


class _HeldBlobs(FolderBlobs):
    """Blobs of which one, a frame, is in memory alone: a video would fill the disk."""

    _held = ("", b"")

    def hold(self, data: bytes) -> str:
        """Keep bytes until others come; gives their reference."""
        self._held = reference_of(data), data
        return self._held[0]

    def get(self, reference: str) -> bytes:
        """The bytes of a reference."""
        return self._held[1] if reference == self._held[0] else super().get(reference)

    def touch(self, reference: str) -> bool:
        """Whether the bytes are there."""
        return reference == self._held[0] or super().touch(reference)


@dataclass(frozen=True, slots=True)
class _Stream:
    """What is the same for all frames.

    Attributes:
        result: the picture that becomes a frame, by its name in the graph.
        same: pictures that every frame has, by input; `numbered` has those of each frame.
    """

    asked: Asked
    assembly: Assembly
    blobs: _HeldBlobs
    width: int
    height: int
    result: str
    same: Mapping[str, Any]
    numbered: Mapping[str, Mapping[int, str]]

    @staticmethod
    def of(options: RunOptions, asked: Asked, assembly: Assembly) -> "_Stream":
        """What was asked for; raises UsageError, before anything is read."""
        width, height = _size(str(asked.gathering.frames))
        main = main_picture(asked.graph)
        if not main or asked.given.get(main) != STDOUT:
            message = (
                "--frames: the frames come from standard input. Write - for the picture, as in"
            )
            raise misused("no_stream", f"{message} paintgraph run RECIPE --frames 640x360 -.")
        pairs = Wanted.of(options.outputs or (STDOUT,), asked.graph, assembly.registry).pairs
        if len(pairs) != 1 or pairs[0][2] != STDOUT:
            message = "--frames: the frames go to standard output. Leave -o out, or write -o NAME=-"
            raise misused("no_stream", f"{message} for another result.")
        if options.json or asked.writing.quality is not None or asked.gathering.watch:
            message = "--frames: raw frames go to standard output and nothing else does; --json,"
            raise misused("no_stream", f"{message} --quality and --watch do not fit. Drop them.")
        _check_fit(options, asked)
        others = {
            name: value
            for name, value in asked.given.items()
            if name != main and asked.graph.inputs[name].resource == "picture"
        }
        wishes = asked.gathering
        numbered = {n: by_number(f"--{n}", v, wishes) for n, v in others.items() if are_many(v)}
        single = {n: v for n, v in others.items() if n not in numbered}
        blobs = _HeldBlobs(assembly.storage.folders.blobs)
        light = _light(assembly, blobs, options.input_dir)
        same = {**asked.given, **opened(single, asked.graph.inputs, light)}
        return _Stream(_bare(asked), light, blobs, width, height, pairs[0][1], same, numbered)

    def frames(self, cancellation: Cancellation) -> Iterator[bytes]:
        """The samples of each frame; raises FrameError if the last is cut off."""
        size = self.width * self.height * _CHANNELS
        number = 0
        while data := _read(size, cancellation):
            number += 1
            if len(data) < size and not cancellation.is_set:
                raise FrameError(
                    f"frame {number}: the stream ends after {len(data)} of its {size} bytes; "
                    f"allowed are whole frames of {self.width}x{self.height} px in rgb24. Check "
                    "the size, and that ffmpeg has -f rawvideo -pix_fmt rgb24."
                )
            yield data

    def given(self, number: int, data: bytes) -> dict[str, Any]:
        """The values of the recipe's inputs for a frame."""
        found = {**self.same, main_picture(self.asked.graph): self.blobs.hold(self._file(data))}
        for name, pictures in self.numbered.items():
            if number not in pictures:
                raise FrameError(
                    f"frame {number}: --{name} has no picture of this number; allowed is one for "
                    "each frame, counted from 1. Add it, or name one picture for all."
                )
            found[name] = pictures[number]
        return found

    def _file(self, data: bytes) -> bytes:
        """The frame as a file that is written and read at once."""
        from PIL import Image

        file = BytesIO()
        Image.frombuffer("RGB", (self.width, self.height), data).save(file, "BMP")
        return file.getvalue()


def _read(size: int, cancellation: Cancellation) -> bytes:
    """So many bytes of standard input; less at its end, or once the run shall stop."""
    data = bytearray()
    while len(data) < size and not cancellation.is_set:
        # A read that waits does not look: of pipes Windows cannot say whether one would.
        if os.name == "nt" or select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
            chunk = os.read(sys.stdin.fileno(), size - len(data))
            if not chunk:
                break
            data += chunk
    return bytes(data)


def _check_fit(options: RunOptions, asked: Asked) -> None:
    """Refuse options that mean nothing for frames, by UsageError."""
    taken, writing = asked.gathering, asked.writing
    unfit = {
        "--frame": taken.frame is not None,
        "--recursive": taken.recursive,
        "--skip-unpaired": taken.skip_unpaired,
        "--if-exists": writing.if_exists is not None,
        "--profile": options.profile,
    }
    if given := [name for name, is_given in unfit.items() if is_given]:
        message = f"--frames: {', '.join(given)} means nothing for raw frames; allowed are options"
        raise misused("no_stream", f"{message} of the recipe, and --background. Drop it.")


def _size(wished: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(wished)
    width, height = (int(side) for side in found.groups()) if found else (0, 0)
    most = PixelBudget.here().most
    if not 0 < width * height <= most:
        message = f"--frames is '{shorten(wished)}'; allowed is WIDTHxHEIGHT in px, of at most"
        raise misused("bad_size", f"{message} {most} px together. Write e.g. --frames 1280x720.")
    return width, height


def _bare(asked: Asked) -> Asked:
    """Frames tell nothing of how they were made, so it is not put together for each."""
    return replace(asked, described=Descriptions("none", graph=False))


def _light(assembly: Assembly, blobs: _HeldBlobs, input_dir: Path) -> Assembly:
    """The assembly that keeps no steps, finds frames in memory, and draws each seed once."""
    drawn: dict[int, int] = {}

    def draw(seed: int) -> int:
        """A number for a seed, the same for all frames: others would flicker."""
        return drawn.setdefault(seed, draw_seed(seed))

    pictures = References(blobs, FolderTree(input_dir)).bind
    worker = assembly.worker
    return replace(
        assembly,
        worker=replace(worker, store=None, services=worker.services.before(blobs)),
        storage=replace(assembly.storage, blobs=blobs),
        binders=assembly.binders.beside({"picture": pictures, "seed": draw}),
    )


def run_frames(options: RunOptions, asked: Asked, assembly: Assembly) -> int:
    """Run a recipe for each frame of standard input; gives the exit code."""
    if sys.stdout.isatty():
        message = "--frames: standard output is a terminal; raw frames are no text."
        raise misused("terminal", f"{message} Pipe them into a program such as ffmpeg.")
    stream = _Stream.of(options, asked, assembly)
    sys.stdout.flush()
    out = os.dup(sys.stdout.fileno())
    try:
        with printed_aside(), interruptible(*_SIGNALS) as cancellation:
            return _run(stream, out, cancellation)
    finally:
        os.close(out)


def _run(stream: _Stream, out: int, cancellation: Cancellation) -> int:
    """Run for each frame and write what comes of it."""
    began = told = time.perf_counter()
    warn = once(lambda message: tell(f"warning: {message}"))
    size: tuple[int, ...] = ()
    number = 0
    for number, data in enumerate(stream.frames(cancellation), start=1):
        frame = None if cancellation.is_set else _made(stream, number, data, cancellation, warn)
        if frame is None:
            break
        if not size:
            size = frame.shape
            tell(f"frames: {stream.width}x{stream.height} px in, {size[1]}x{size[0]} px out, rgb24")
        if frame.shape != size:
            raise FrameError(
                f"frame {number}: the result is {frame.shape[1]}x{frame.shape[0]} px, those before "
                f"were {size[1]}x{size[0]}; allowed is one size for all. Choose options that give "
                "equal sizes."
            )
        _write_all(out, frame.tobytes())
        if time.perf_counter() - told > _TOLD_SECONDS:
            told = time.perf_counter()
            tell(f"frame {number}, {number / (told - began):.1f} a second")
    if cancellation.is_set:
        tell(f"cancelled at frame {number}")
        return FAILED
    tell(f"succeeded: {number} frames in {time.perf_counter() - began:.1f} s")
    return OK


def _made(stream: _Stream, number: int, data: bytes, cancellation: Cancellation, warn: Any) -> Any:
    """The samples `[H, W, 3]` that come of a frame; None if that was cancelled."""

    def listen(event: Event) -> None:
        if isinstance(event, Warned):
            origin = event.origin
            warn(f"frame {number}: node '{origin.submitted}' ({origin.kind}): {event.message}")

    assembly = stream.assembly
    try:
        found = bound_to(stream.asked, stream.given(number, data), _NOWHERE, assembly)
    except UsageError as error:
        problems = (Problem(p.code, f"frame {number}: {p.message}") for p in error.reasons)
        raise UsageError(*problems) from error
    wanted = Destinations({stream.result: STDOUT}, {}, ())
    targets = wanted.targets(found.bound, assembly.registry)
    outcome = perform(
        found.bound,
        assembly,
        targets,
        found.texts,
        output_dir=Path(),
        listen=listen,
        cancellation=cancellation,
        on_failure="stop",
    ).outcome
    if outcome.state == "cancelled":
        return None
    for failure in outcome.failures:
        raise FrameError(f"frame {number}: {failure.message}", failure.code)
    told = found.bound.descriptions, found.texts
    pictures = named_results(found.graph, outcome, found.values, *told).get(stream.result, ())
    return _samples(number, pictures)


def _samples(number: int, pictures: Any) -> Any:
    """The bytes `[H, W, 3]` of the one picture that a frame became."""
    if len(pictures) != 1 or not isinstance(pictures[0], Picture):
        message = f"frame {number}: the recipe gives {len(pictures)} pictures; allowed is one for"
        raise FrameError(f"{message} each frame. Choose options that give one.")
    array = pictures[0].array
    array = to_image(array[None])[0] if array.ndim == 2 else array
    if array.shape[2] > _CHANNELS and (array[..., _CHANNELS] < 1).any():
        message = f"frame {number}: the result is transparent in parts, which rgb24 cannot hold."
        raise FrameError(f"{message} Write --background COLOUR, such as lime for a green screen.")
    return quantise(array[..., :_CHANNELS])


def _write_all(out: int, data: bytes) -> None:
    """Write bytes to a file or pipe; BrokenPipeError if nobody reads it any more."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(out, rest) :]
