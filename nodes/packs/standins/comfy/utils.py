"""Stand-in for `comfy.utils`: progress, files of tensors, scaling."""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from paintgraph.models.latents.resizing import bislerp
from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.host.running import current

PROGRESS_BAR_ENABLED = True
PROGRESS_BAR_HOOK: Callable[..., None] | None = None
MMAP_TORCH_FILES = False
_LANCZOS_BITS = 255.0


def set_progress_bar_enabled(enabled: bool) -> None:
    """Nothing: progress is always reported."""
    globals()["PROGRESS_BAR_ENABLED"] = enabled


def set_progress_bar_global_hook(function: Callable[..., None] | None) -> None:
    """Let a function hear of progress, too: (done, total, preview)."""
    globals()["PROGRESS_BAR_HOOK"] = function


class ProgressBar:
    """Reports how far the node is that runs; ends it here once the job is cancelled."""

    def __init__(self, total: float, node_id: str | None = None) -> None:
        self.total = total
        self.current = 0.0
        self.hook = PROGRESS_BAR_HOOK
        self.node_id = node_id
        self._call = current()

    def update_absolute(
        self, value: float, total: float | None = None, preview: Any = None
    ) -> None:
        """Say that `value` of `total` is done; `preview` is (format, PIL image, longest side)."""
        if total is not None:
            self.total = total
        self.current = min(value, self.total)
        if self.hook is not None:
            self.hook(self.current, self.total, preview, node_id=self.node_id)
        self._call.progress(self.current, self.total)
        if preview is not None:
            self._call.preview(*preview_bytes(preview))

    def update(self, value: float) -> None:
        """Say that `value` more is done."""
        self.update_absolute(self.current + value)


def preview_bytes(preview: Any) -> tuple[bytes, str]:
    """A preview (format, PIL image, longest side) as the bytes of a file, and their media type."""
    import io

    form, image, longest = preview
    if longest and max(image.size) > longest:
        image = image.copy()
        image.thumbnail((longest, longest))
    stream = io.BytesIO()
    form = "PNG" if str(form).upper() == "PNG" else "JPEG"
    (image if form == "PNG" else image.convert("RGB")).save(stream, form, quality=95)
    return stream.getvalue(), f"image/{form.lower()}"


def load_torch_file(
    ckpt: str,
    safe_load: bool = False,
    device: torch.device | None = None,
    return_metadata: bool = False,
) -> Any:
    """The tensors of a file by name. A pickle is read as weights only: no code in it is run."""
    where = torch.device("cpu") if device is None else device
    metadata = None
    tensors: Any
    if str(ckpt).lower().endswith((".safetensors", ".sft")):
        from safetensors import safe_open

        with safe_open(ckpt, framework="pt", device=str(where)) as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            metadata = file.metadata()
    else:
        tensors = torch.load(ckpt, map_location=where, weights_only=True)
        if isinstance(tensors, dict):
            tensors = tensors.get("state_dict", tensors)
    return (tensors, metadata) if return_metadata else tensors


def save_torch_file(
    sd: dict[str, Tensor], ckpt: str, metadata: dict[str, str] | None = None
) -> None:
    """Write tensors by name into a safetensors file."""
    from safetensors.torch import save_file

    save_file(sd, ckpt, metadata=metadata)


def calculate_parameters(sd: Mapping[str, Tensor], prefix: str = "") -> int:
    """How many numbers the tensors hold whose names begin with `prefix`."""
    return sum(tensor.nelement() for name, tensor in sd.items() if name.startswith(prefix))


def weight_dtype(sd: Mapping[str, Tensor], prefix: str = "") -> torch.dtype | None:
    """The sample type that most numbers of some tensors have."""
    counts: dict[torch.dtype, int] = {}
    for name, tensor in sd.items():
        if name.startswith(prefix):
            counts[tensor.dtype] = counts.get(tensor.dtype, 0) + tensor.numel()
    return max(counts, key=lambda dtype: counts[dtype], default=None)


def state_dict_key_replace(
    state_dict: dict[str, Any], keys_to_replace: Mapping[str, str]
) -> dict[str, Any]:
    """The tensors under new names."""
    for old, new in keys_to_replace.items():
        if old in state_dict:
            state_dict[new] = state_dict.pop(old)
    return state_dict


def state_dict_prefix_replace(
    state_dict: dict[str, Any],
    replace_prefix: Mapping[str, str],
    filter_keys: bool = False,
) -> dict[str, Any]:
    """The tensors with other beginnings of names; only those that have one if `filter_keys`."""
    out = {} if filter_keys else state_dict
    for old, new in replace_prefix.items():
        for name in [name for name in state_dict if name.startswith(old)]:
            out[new + name[len(old) :]] = state_dict.pop(name)
    return out


def get_attr(obj: Any, attr: str) -> Any:
    """What a dotted name leads to."""
    for name in attr.split("."):
        obj = getattr(obj, name)
    return obj


def set_attr(obj: Any, attr: str, value: Any) -> Any:
    """Set what a dotted name leads to; gives what was there."""
    owner, _, name = attr.rpartition(".")
    holder = get_attr(obj, owner) if owner else obj
    before = getattr(holder, name)
    setattr(holder, name, value)
    return before


def set_attr_param(obj: Any, attr: str, value: Tensor) -> Any:
    """Set a parameter that needs no gradient."""
    return set_attr(obj, attr, torch.nn.Parameter(value, requires_grad=False))


def copy_to_param(obj: Any, attr: str, value: Tensor) -> None:
    """Copy values into a parameter that stays the same object."""
    get_attr(obj, attr).data.copy_(value)


def repeat_to_batch_size(tensor: Tensor, batch_size: int, dim: int = 0) -> Tensor:
    """A batch that is cut, or repeated from its beginning, to a number of entries."""
    there = tensor.shape[dim]
    if there > batch_size:
        return tensor.narrow(dim, 0, batch_size)
    if there < batch_size:
        times = [1] * tensor.dim()
        times[dim] = math.ceil(batch_size / there)
        return tensor.repeat(times).narrow(dim, 0, batch_size)
    return tensor


def resize_to_batch_size(tensor: Tensor, batch_size: int) -> Tensor:
    """A batch of which entries are taken evenly, or repeated, to a number of entries."""
    there = tensor.shape[0]
    if there == batch_size:
        return tensor
    last = max(1, batch_size - 1)
    places = (
        [min(there - 1, round(i * (there - 1) / last)) for i in range(batch_size)]
        if batch_size < there
        else [min(there - 1, math.floor((i + 0.5) * there / batch_size)) for i in range(batch_size)]
    )
    return tensor[places]


def lanczos(samples: Tensor, width: int, height: int) -> Tensor:
    """Pictures `[B, C, H, W]` scaled by Lanczos' filter, through 8 bits a sample."""
    codes = (255.0 * samples.movedim(1, -1).cpu().float()).clamp(0, 255).numpy().astype(np.uint8)
    scaled = []
    for picture in codes:
        one = picture[..., 0] if picture.shape[-1] == 1 else picture
        image = Image.fromarray(one).resize((width, height), Image.Resampling.LANCZOS)
        scaled.append(np.asarray(image, np.float32).reshape(height, width, -1) / _LANCZOS_BITS)
    return torch.from_numpy(np.stack(scaled)).movedim(-1, 1).to(samples.device, samples.dtype)


def common_upscale(
    samples: Tensor, width: int, height: int, upscale_method: str, crop: str
) -> Tensor:
    """Pictures `[B, C, H, W]` (or with more axes before H) at another size.

    With `crop` "center" what does not fit is cut off on both sides alike.
    """
    shape = samples.shape
    flat = samples
    if samples.ndim > 4:
        flat = samples.movedim(1, -3).reshape(-1, shape[1], *shape[-2:])
    if crop == "center":
        flat = _centre(flat, width / height)
    if upscale_method in ("lanczos", "bislerp"):
        scaled = (lanczos if upscale_method == "lanczos" else bislerp)(flat, width, height)
    else:
        scaled = torch.nn.functional.interpolate(flat, size=(height, width), mode=upscale_method)
    if samples.ndim > 4:
        scaled = scaled.reshape(shape[0], *shape[2:-2], shape[1], height, width).movedim(-3, 1)
    return scaled


def _centre(samples: Tensor, ratio: float) -> Tensor:
    """The largest part around the middle whose width is `ratio` of its height."""
    height, width = samples.shape[-2:]
    left = round((width - width * (ratio / (width / height))) / 2) if width / height > ratio else 0
    top = round((height - height * ((width / height) / ratio)) / 2) if width / height < ratio else 0
    return samples[..., top : height - top, left : width - left]


def get_tiled_scale_steps(width: int, height: int, tile_x: int, tile_y: int, overlap: int) -> int:
    """How many tiles `tiled_scale` works on."""
    return len(_starts(height, tile_y, overlap)) * len(_starts(width, tile_x, overlap))


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin that cover a length; the last ends with it."""
    if length <= tile:
        return [0]
    step = max(1, tile - overlap)
    return sorted({min(place, length - tile) for place in range(0, length - overlap, step)})


def tiled_scale(
    samples: Tensor,
    function: Callable[[Tensor], Tensor],
    tile_x: int = 64,
    tile_y: int = 64,
    overlap: int = 8,
    upscale_amount: float = 4,
    out_channels: int = 3,
    output_device: str | torch.device = "cpu",
    pbar: ProgressBar | None = None,
) -> Tensor:
    """What a function gives for pictures `[B, C, H, W]`, tile by tile; overlaps are blended."""
    return tiled_scale_multidim(
        samples,
        function,
        (tile_y, tile_x),
        overlap=overlap,
        upscale_amount=upscale_amount,
        out_channels=out_channels,
        output_device=output_device,
        pbar=pbar,
    )


@torch.inference_mode()
def tiled_scale_multidim(
    samples: Tensor,
    function: Callable[[Tensor], Tensor],
    tile: Sequence[int] = (64, 64),
    overlap: Any = 8,
    upscale_amount: Any = 4,
    out_channels: int = 3,
    output_device: str | torch.device = "cpu",
    downscale: bool = False,
    index_formulas: Any = None,
    pbar: ProgressBar | None = None,
) -> Tensor:
    """As `tiled_scale`, over as many axes as `tile` has; one number holds for all of them."""
    axes = len(tile)
    overlaps = _each(overlap, axes)
    factors = [1 / f if downscale else f for f in _each(upscale_amount, axes)]
    sides = [round(side * f) for side, f in zip(samples.shape[2:], factors, strict=True)]
    results = []
    for picture in samples.unbind():
        entry = picture.unsqueeze(0)
        total = torch.zeros((1, out_channels, *sides), device=output_device)
        weight = torch.zeros_like(total)
        grid = zip(samples.shape[2:], tile, map(round, overlaps), strict=True)
        for starts in itertools.product(*(_starts(*of_axis) for of_axis in grid)):
            part = entry
            for axis, (start, length) in enumerate(zip(starts, tile, strict=True)):
                part = part.narrow(axis + 2, start, min(length, part.shape[axis + 2]))
            made = function(part).to(output_device)
            mask = torch.ones_like(made)
            for axis, (wide, factor) in enumerate(zip(overlaps, factors, strict=True)):
                _soften(mask, axis + 2, round(wide * factor))
            place: Any = (..., *_slices(starts, factors, made.shape[2:]))
            total[place] += made * mask
            weight[place] += mask
            if pbar is not None:
                pbar.update(1)
        results.append(total / weight)
    return torch.cat(results)


def _each(value: Any, axes: int) -> list[float]:
    return list(value) if isinstance(value, tuple | list) else [value] * axes


def _soften(mask: Tensor, axis: int, width: int) -> None:
    """Let the weight of a tile rise over `width` from both ends of an axis."""
    length = mask.shape[axis]
    for step in range(min(width, length)):
        share = (step + 1) / width
        mask.narrow(axis, step, 1).mul_(share)
        mask.narrow(axis, length - 1 - step, 1).mul_(share)


def _slices(
    starts: Iterable[int], factors: Iterable[float], lengths: Iterable[int]
) -> Iterable[slice]:
    for start, factor, length in zip(starts, factors, lengths, strict=True):
        first = round(start * factor)
        yield slice(first, first + length)


def string_to_seed(data: str) -> int:
    """A seed of 32 bits that follows from a text."""
    import zlib

    return zlib.crc32(data.encode())


def safetensors_header(safetensors_path: str, max_size: int = 100 * 2**20) -> bytes | None:
    """The JSON at the beginning of a safetensors file; None if it is longer than allowed."""
    with Path(safetensors_path).open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return None if length > max_size else file.read(length)


__getattr__ = names_of("comfy.utils")
