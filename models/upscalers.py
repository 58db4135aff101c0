"""Enlarging pictures with models, tile by tile."""

import numpy as np

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.alpha import continue_colours
from paintgraph.imaging.arrays import Image, check_pixels
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.geometry.tiles import tiles
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.loading.loaded_work import is_out_of_memory
from paintgraph.models.roles import Samples, Upscaler

TILES = (512, 256, 128)
"""Sides of tiles in px; the next one is taken when memory runs out."""


class Upscalers:
    """Enlarges with the models that references mean; each stays loaded between pictures."""

    def __init__(self, models: ModelLender) -> None:
        self._models = models

    def upscale(self, ref: ModelRef, image: Image, listening: Listening = SILENT) -> Image:
        """A batch of pictures `[B, H, W, C]`, as many times as large as the model makes them.

        The model sees colours only, those of the nearest seen px where the picture is clear; alpha
        is resized. Progress is told in px. Raises ModelError, or ContractError if the pictures
        would be too large.
        """

        def work(model: Upscaler) -> Image:
            return upscaled(model, image, listening)

        return self._models.use(ref, self._models.placed(ref), work, listening)


def upscaled(model: Upscaler, image: Image, listening: Listening, tile: int = TILES[0]) -> Image:
    """The pictures as `Upscalers.upscale` gives them, in tiles of at most `tile` px."""
    batch, height, width, channels = image.shape
    larger = height * model.scale, width * model.scale
    check_pixels(larger[1], larger[0], batch)
    result = np.empty((batch, *larger, channels), np.float32)
    for item in range(batch):
        seen = continue_colours(image[item : item + 1])[0, :, :, :3]
        result[item, :, :, :3], tile = _enlarged(model, seen, tile, listening.part(item, batch))
    if channels == 4:
        result[..., 3] = resize(image[..., 3], larger[1], larger[0])
    return result


def _enlarged(
    model: Upscaler, picture: Samples, tile: int, listening: Listening
) -> tuple[Samples, int]:
    """The picture, enlarged, and the side in px of the tiles for which memory sufficed."""
    for side in (side for side in TILES if side <= tile):
        if side < tile:
            listening.warn(f"The memory did not suffice, so tiles of {side} px are used.")
        try:
            return _in_tiles(model, picture, side, listening), side
        except Exception as error:
            if side == TILES[-1] or not is_out_of_memory(error):
                raise
    raise AssertionError("the last tile returns or raises")


def _in_tiles(model: Upscaler, picture: Samples, side: int, listening: Listening) -> Samples:
    height, width = picture.shape[:2]
    scale = model.scale
    result = np.zeros((height * scale, width * scale, 3), np.float32)
    done = 0.0
    for rows, columns in tiles(height, width, side, scale):
        listening.check()
        part = model.enlarge(picture[rows.start : rows.stop, columns.start : columns.stop])
        place = result[
            rows.start * scale : rows.stop * scale, columns.start * scale : columns.stop * scale
        ]
        place += part * rows.weights[:, np.newaxis, np.newaxis] * columns.weights[:, np.newaxis]
        done += rows.share * columns.share
        listening.progress(round(done), height * width)
    return np.clip(result, 0, 1, out=result)
