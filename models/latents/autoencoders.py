"""Pictures as latents and back, whole or in tiles, with VAEs that values name.

The latents of a picture are the likeliest ones (the mode of what the encoder gives), so that the
same picture always has the same; nothing is drawn.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.tiles import Span, tiles
from paintgraph.models.errors import EngineFailedError
from paintgraph.models.networks.loaded import LoadedAutoencoder
from paintgraph.models.networks.networks import Networks
from paintgraph.models.sampling.values import Array, Autoencoder

SIDE = 8
"""How many px one latent is wide, of every family."""

_TILED_ABOVE_PIXELS = 1536 * 1536
_ALPHA = 3


@dataclass(frozen=True, slots=True)
class Tiling:
    """Tiles of `tile` px a side, of which two neighbours share at least `overlap` px."""

    tile: int = 512
    overlap: int = 64


def cropped(pixels: Array) -> Array:
    """The middle of pictures `[B, H, W, ...]` or masks `[B, H, W]` whose sides are whole latents.

    Raises ContractError where a side has less than 8 px.
    """
    height, width = pixels.shape[1:3]
    if min(height, width) < SIDE:
        raise ContractError(
            f"pixels are {height}x{width} (height x width); allowed are sides of at least {SIDE} "
            "px, one latent. Scale them up with ImageScale.",
            code="bad_size",
        )
    top, left = height % SIDE // 2, width % SIDE // 2
    whole = slice(top, top + height // SIDE * SIDE), slice(left, left + width // SIDE * SIDE)
    return pixels[:, whole[0], whole[1]]


class Autoencoders:
    """Encodes and decodes with the VAEs that values name; each stays loaded between pictures."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    def encode(
        self,
        vae: Autoencoder,
        pixels: Image,
        listening: Listening = SILENT,
        tiling: Tiling | None = None,
    ) -> Array:
        """Latents `[B, C, h, w]`, unscaled, of pictures `[B, H, W, 3 or 4]`.

        Of sides that are no multiples of 8 px the middle counts. Alpha is left out, with a warning
        where it is not 1 everywhere. Large pictures go in tiles, all if there is a `tiling`.
        Progress is told in tiles. Raises ModelError, or ContractError for pictures below 8 px.
        """
        colours = cropped(pixels)
        if colours.shape[3] > _ALPHA and (colours[..., _ALPHA] < 1).any():
            listening.warn(
                "The picture has alpha, which VAEs do not know; its colours alone are encoded."
            )
        height, width = colours.shape[1:3]
        used = _tiling(height, width, tiling)

        def work(loaded: LoadedAutoencoder) -> Array:
            with _whole(loaded) as is_small:
                at = _in_latents(loaded, used or (Tiling() if is_small else None))
                return _encoded(loaded, colours[..., :_ALPHA], at, listening)

        return self._networks.with_autoencoder(vae, work, _pixels(height, width, used), listening)

    def decode(
        self,
        vae: Autoencoder,
        samples: Array,
        listening: Listening = SILENT,
        tiling: Tiling | None = None,
    ) -> Image:
        """Pictures `[B, H, W, 3]`, 0 to 1, of unscaled latents `[B, C, h, w]`.

        Otherwise as `encode`. Raises ContractError for latents of a family with other channels.
        """
        height, width = (side * SIDE for side in samples.shape[2:])
        used = _tiling(height, width, tiling)

        def work(loaded: LoadedAutoencoder) -> Image:
            _check_channels(samples, loaded, vae)
            with _whole(loaded) as is_small:
                at = _in_latents(loaded, used or (Tiling() if is_small else None))
                return _decoded(loaded, samples, at, listening)

        return self._networks.with_autoencoder(vae, work, _pixels(height, width, used), listening)


_At = tuple[int, int] | None


def _tiling(height: int, width: int, asked: Tiling | None) -> Tiling | None:
    return Tiling() if asked is None and height * width > _TILED_ABOVE_PIXELS else asked


def _pixels(height: int, width: int, tiling: Tiling | None) -> int:
    """How many px are worked on at once."""
    return height * width if tiling is None else min(height, tiling.tile) * min(width, tiling.tile)


def _in_latents(loaded: LoadedAutoencoder, tiling: Tiling | None) -> _At:
    """A tile and its overlap in latents."""
    if tiling is None:
        return None
    side = loaded.latents.side
    return (max(tiling.tile // side, 1), tiling.overlap // side)


@contextmanager
def _whole(loaded: LoadedAutoencoder) -> Iterator[bool]:
    """While this lasts the network makes no tiles of its own; gives whether it would."""
    network = loaded.network
    was_tiling = bool(getattr(network, "use_tiling", False))
    if was_tiling:
        network.disable_tiling()
    try:
        yield was_tiling
    finally:
        if was_tiling:
            network.enable_tiling()


def _check_channels(samples: Array, loaded: LoadedAutoencoder, vae: Autoencoder) -> None:
    there, wanted = samples.shape[1], loaded.latents.channels
    if there != wanted:
        raise ContractError(
            f"samples have {there} channels; VAE '{vae.source.partition('@')[0]}' takes those of "
            f"{wanted}. Take the VAE that belongs to the model that sampled them.",
            code="wrong_latents",
        )


def _encoded(loaded: LoadedAutoencoder, pixels: Array, at: _At, listening: Listening) -> Array:
    side = loaded.latents.side
    shape = (loaded.latents.channels, pixels.shape[1] // side, pixels.shape[2] // side)

    def one(picture: Array, rows: slice, columns: slice) -> Array:
        part = picture[_scaled(rows, side), _scaled(columns, side)]
        tensor = _tensor(loaded, part.transpose(2, 0, 1) * 2 - 1)
        return _array(loaded, loaded.network.encode(tensor).latent_dist.mode())

    return _checked(_blended(pixels, shape, 1, one, at, listening), loaded)


def _decoded(loaded: LoadedAutoencoder, samples: Array, at: _At, listening: Listening) -> Image:
    def one(latent: Array, rows: slice, columns: slice) -> Array:
        tensor = _tensor(loaded, latent[:, rows, columns])
        return _array(loaded, loaded.network.decode(tensor).sample / 2 + 0.5)

    shape = (_ALPHA, *samples.shape[2:])
    found = _blended(samples, shape, loaded.latents.side, one, at, listening)
    pictures = np.clip(_checked(found, loaded), 0, 1, out=found)
    return np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))


def _blended(  # noqa: PLR0913 - both directions are one loop
    given: Array,
    shape: tuple[int, ...],
    scale: int,
    one: Callable[[Array, slice, slice], Array],
    at: _At,
    listening: Listening,
) -> Array:
    """What `one` gives for the tiles of each entry, told which latents they are.

    `shape` is of channels and latents, `scale` how many places of the result one latent has.
    """
    import torch

    channels, height, width = shape
    tile, overlap = at or (max(height, width), 0)
    places = list(tiles(height, width, tile, scale, min(overlap, tile // 2), 0))
    result = np.zeros((len(given), channels, height * scale, width * scale), np.float32)
    total = len(given) * len(places)
    for number, (entry, target) in enumerate(zip(given, result, strict=True)):
        for done, (rows, columns) in enumerate(places):
            listening.check()
            listening.progress(number * len(places) + done, total)
            with torch.inference_mode():
                part = one(entry, _of(rows), _of(columns))
            part *= np.outer(rows.weights, columns.weights)
            target[:, _scaled(_of(rows), scale), _scaled(_of(columns), scale)] += part
    listening.progress(total, total)
    return result


def _checked(result: Array, loaded: LoadedAutoencoder) -> Array:
    if not np.isfinite(result).all():
        raise EngineFailedError(
            f"the VAE of family {loaded.family} gave no numbers (NaN) with samples of "
            f"{loaded.dtype}. Set the device's dtype to float32 or bfloat16, or use another VAE."
        )
    return result


def _of(span: Span) -> slice:
    return slice(span.start, span.stop)


def _scaled(places: slice, scale: int) -> slice:
    return slice(places.start * scale, places.stop * scale)


def _tensor(loaded: LoadedAutoencoder, array: Array) -> Any:
    """One entry `[C, h, w]` where the network is; with an axis of frames for networks of videos."""
    import torch

    tensor = torch.from_numpy(np.array(array, np.float32, order="C"))[None].to(
        loaded.device, loaded.dtype
    )
    return tensor[:, :, None] if _has_frames(loaded) else tensor


def _array(loaded: LoadedAutoencoder, tensor: Any) -> Array:
    import torch

    entry = tensor[0, :, 0] if _has_frames(loaded) else tensor[0]
    array: Array = entry.detach().to("cpu", torch.float32).numpy()
    return array


def _has_frames(loaded: LoadedAutoencoder) -> bool:
    return loaded.family == "qwen_image"
