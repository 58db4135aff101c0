"""Networks that erase without a prompt, in ONNX files, such as LaMa and MI-GAN, as engines.

What a network takes and gives is read from the file itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from paintgraph.base.listening import SILENT, Listening
from paintgraph.base.words import first_line
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.samples import quantise
from paintgraph.models.catalogue.entries import ModelEntry, ModelRef, Placed
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.readiness import bad_option
from paintgraph.models.errors import EngineFailedError, ModelError
from paintgraph.models.inpainting.protocols import (
    USUAL,
    InpaintRequest,
    ResizedResult,
    Sampling,
)
from paintgraph.models.loading.loaded_work import is_out_of_memory
from paintgraph.models.loading.onnx_networks import is_onnx_error
from paintgraph.models.loading.onnx_sessions import open_network

_SAMPLES: Mapping[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}
_BYTES = "tensor(uint8)"
_MOST_SIDE = 1024  # px, of networks that take any size
_LEAST_SIDE = 64  # px: with less, the inner layers of some have nothing left
_CELL = 8  # px: what networks halve three times
_TOO_FAR = 2.0  # times the highest value: no overshoot, but another scale
_EXPECTED = (
    "an eraser takes a picture [1, 3, H, W] and a mask [1, 1, H, W] and gives a picture "
    "[1, 3, H, W], each of float, float16 or uint8"
)


MaskMeaning: TypeAlias = Literal["hole", "known"]
"""What the highest value of a network's mask selects: what is to be painted, or what is kept."""


@dataclass(frozen=True, slots=True)
class EraserOptions:
    """What the mask means, and which value is white where a network gives floats."""

    mask: MaskMeaning = "hole"
    output_scale: float = 1.0

    @classmethod
    def of(cls, entry: ModelEntry) -> "EraserOptions":
        """The options of a catalogue's entry; raises ModelError."""
        mask = entry.options.get("mask", "hole")
        scale = entry.options.get("output_scale", 1)
        if mask not in get_args(MaskMeaning):
            raise bad_option(entry, "mask", " and ".join(get_args(MaskMeaning)))
        if isinstance(scale, bool) or scale not in (1, 255):
            raise bad_option(entry, "output_scale", "1 and 255")
        return cls(mask, float(scale))


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a network: its name, its samples, and (height, width) where they are fixed."""

    name: str
    samples: type[np.generic]
    sides: tuple[int | None, int | None]

    def filled(self, values: Image | Mask) -> NDArray[Any]:
        """Values from 0 to 1 as the network takes them."""
        return quantise(values) if self.samples is np.uint8 else values.astype(self.samples)


class EraserNetwork:
    """A loaded network, with its form."""

    def __init__(
        self,
        session: Any,
        path: Path,
        options: EraserOptions,
    ) -> None:
        """Raises ModelError for a network of another form, which the message describes."""
        self._session = session
        self._path = path
        self._options = options
        self._image, self._mask = self._inputs()
        (self._output, *_) = session.get_outputs()
        if self._output.type not in _SAMPLES:
            raise self._unfit()
        self._white = 255.0 if self._output.type == _BYTES else options.output_scale

    @property
    def working_side(self) -> int:
        """The longest side in px of what it can be given."""
        return min(side or _MOST_SIDE for side in self._image.sides)

    def paint(self, image: Image, mask: Mask) -> Image:
        """Paint `[1, H, W, 3]` where the mask `[1, H, W]` is above 0; gives the whole picture.

        Raises ModelError if the network cannot do it, EngineFailedError if it gives no picture.
        """
        height, width = mask.shape[1:]
        hole = (mask > 0).astype(np.float32)
        # A canvas larger than the picture continues it by its mirror image, holes and all.
        more = [
            (0, _canvas(side, length) - length)
            for side, length in zip(self._image.sides, (height, width), strict=True)
        ]
        hole = np.pad(hole, [(0, 0), *more], "symmetric")[:, np.newaxis]
        seen = np.pad(image, [(0, 0), *more, (0, 0)], "symmetric").transpose(0, 3, 1, 2)
        selected = hole if self._options.mask == "hole" else 1 - hole
        painted = self._run(np.ascontiguousarray(seen), selected)
        return np.ascontiguousarray(painted.transpose(0, 2, 3, 1)[:, :height, :width])

    def _run(self, image: NDArray[Any], mask: NDArray[Any]) -> NDArray[np.float32]:
        given = {
            self._image.name: self._image.filled(image),
            self._mask.name: self._mask.filled(mask),
        }
        try:
            (painted,) = self._session.run([self._output.name], given)
        except Exception as error:
            if is_out_of_memory(error) or not is_onnx_error(error):
                raise
            raise self._unfit(first_line(error)) from error
        if painted.shape != image.shape:
            raise self._unfit(f"of {list(image.shape)} it made {list(painted.shape)}")
        values = painted.astype(np.float32)
        if not np.isfinite(values).all():
            raise EngineFailedError(
                f"'{self._path}' gave no numbers (NaN) for this picture. Use another engine."
            )
        if values.max() > _TOO_FAR * self._white:
            raise ModelError(
                f"'{self._path}' gives values up to {values.max():.0f}, but its option "
                f"'output_scale' says that {self._white:g} is white; allowed are 1 and 255. Set "
                "'output_scale: 255' among the options of its entry in models.yaml.",
                code="unfit_model",
            )
        result: NDArray[np.float32] = np.clip(values / np.float32(self._white), 0, 1)
        return result

    def _inputs(self) -> tuple[Input, Input]:
        """Picture and mask, told apart by their channels."""
        found: dict[int, Input] = {}
        inputs = self._session.get_inputs()
        for each in inputs:
            shape = each.shape
            if len(shape) != 4 or shape[0] == 0 or each.type not in _SAMPLES:
                raise self._unfit()
            batch, channels, *sides = (n if isinstance(n, int) else None for n in shape)
            if batch not in (1, None) or channels not in (1, 3) or 0 in sides:
                raise self._unfit()
            found[channels] = Input(each.name, _SAMPLES[each.type], (sides[0], sides[1]))
        if len(inputs) != len(found) or found.keys() != {1, 3}:
            raise self._unfit()
        if found[1].sides != found[3].sides:
            raise self._unfit("picture and mask differ in size")
        return found[3], found[1]

    def _unfit(self, why: str = "") -> ModelError:
        takes, gives = (
            ", ".join(f"{each.name} {each.type} {each.shape}" for each in several)
            for several in (self._session.get_inputs(), self._session.get_outputs())
        )
        return ModelError(
            f"'{self._path}' is no eraser that can be used: it takes {takes} and gives {gives}"
            f"{f' ({why})' if why else ''}; {_EXPECTED}. Export it so, or bring another file.",
            code="unfit_model",
        )


def open_eraser(path: Path, device: str, options: EraserOptions, repair: str) -> EraserNetwork:
    """The network of an ONNX file, on a device.

    `repair` is the cure that errors name. Raises ModelError for a file that is no ONNX model, and
    for a network of another form.
    """
    session = open_network(path, device, repair)
    return EraserNetwork(session, path, options)


def _canvas(fixed: int | None, length: int) -> int:
    """The side in px that a network is given for a picture's."""
    return fixed or max(_LEAST_SIDE, -(-length // _CELL) * _CELL)


class Erasers:
    """The erasers that references mean."""

    def __init__(self, models: ModelLender) -> None:
        self._models = models

    def engine(
        self,
        name: str,
        sampling: Sampling = USUAL,  # noqa: ARG002 - nothing is sampled
        listening: Listening = SILENT,
    ) -> "Eraser":
        """The engine that paints with a model, which is loaded to see at which size it works.

        Raises ModelError if its file cannot be used.
        """
        ref = ModelRef.parse(name)
        placed = self._models.placed(ref)
        side = self._models.use(ref, placed, lambda network: network.working_side, listening)
        return Eraser(self._models, ref, placed, side)

    def close(self) -> None:
        """Nothing: its models belong to the lender."""


class Eraser(ResizedResult):
    """One network as an `Inpainter`; of a request it has no use for anything."""

    copies_surroundings = False
    least_side = 1  # what is smaller than the network's picture is continued, not enlarged
    size_multiple = 1

    def __init__(self, models: ModelLender, ref: ModelRef, placed: Placed, side: int) -> None:
        self.name = ref.name
        self.working_side = side
        self.working_pixels = side**2
        self._models = models
        self._ref = ref
        self._placed = placed
        self._has_warned = False

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,
        *,
        avoid: Mask | None = None,  # noqa: ARG002 - nothing is copied
    ) -> Image:
        """Paint what the mask selects; see `Inpainter`."""
        if request.prompt and not self._has_warned:
            self._has_warned = True
            listening.warn(f"The engine '{self.name}' only erases; it reads no prompt.")
        listening.check()
        painted: Image = self._models.use(
            self._ref, self._placed, lambda network: network.paint(image, mask), listening
        )
        listening.progress(1, 1)
        return painted
