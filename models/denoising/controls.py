"""What ControlNets add to a denoiser of the UNet families: sums of residuals by their pictures."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from paintgraph.models.denoising.conditions import Part
from paintgraph.models.denoising.masks import repeated
from paintgraph.models.networks.loaded import LoadedControlNet
from paintgraph.models.sampling.values import ControlNet, ControlUse, UnionType

_HOLE, _HOLE_OF_UNION = -1.0, 0.0
"""What networks that inpaint see where something is to be painted, those for several kinds black.

Sources: https://huggingface.co/lllyasviel/control_v11p_sd15_inpaint, and the example of diffusers'
`StableDiffusionXLControlNetUnionInpaintPipeline`.
"""


class Controls:
    """The ControlNets of one run, with their pictures at the size that is sampled."""

    def __init__(
        self,
        torch: Any,
        networks: Mapping[ControlNet, LoadedControlNet],
        size: tuple[int, int],
        side: int,
        batch: int,
    ) -> None:
        self._torch = torch
        self._networks = networks
        self._size = size[0] * side, size[1] * side
        self._side = side
        self._batch = batch
        self._pictures: dict[int, Any] = {}

    def residuals(  # noqa: PLR0913 - what the UNet is asked, and with which ControlNets
        self,
        uses: Sequence[tuple[ControlUse, ...]],
        part: Part,
        x: Any,
        timestep: Any,
        embeddings: Any,
        added: Mapping[str, Any],
    ) -> dict[str, Any]:
        """What is added to the UNet's blocks, as its arguments; nothing without ControlNets.

        `uses` are those of each condition of the batch: equal networks and strengths in equal
        order, on pictures of their own.
        """
        down: list[Any] = []
        middle: Any = None
        for alike in zip(*uses, strict=True):
            network = self._networks[alike[0].network]
            pictures = self._torch.cat([self._picture(use, part) for use in alike])
            found_down, found_middle = network.network(
                x[:, : int(network.network.config.get("in_channels", x.shape[1]))].to(
                    network.dtype
                ),
                timestep,
                encoder_hidden_states=embeddings.to(network.dtype),
                conditioning_scale=alike[0].strength,
                added_cond_kwargs=dict(added) or None,
                return_dict=False,
                **self._seen(network, pictures.to(network.device, network.dtype)),
            )
            found_down = [each.to(embeddings.dtype) for each in found_down]
            found_middle = found_middle.to(embeddings.dtype)
            down = [a + b for a, b in zip(down, found_down, strict=True)] if down else found_down
            middle = found_middle if middle is None else middle + found_middle
        if middle is None:
            return {}
        return {
            "down_block_additional_residuals": tuple(down),
            "mid_block_additional_residual": middle,
        }

    def _seen(self, network: LoadedControlNet, pictures: Any) -> dict[str, Any]:
        """A picture as a network takes it; one for several kinds is told of which it is."""
        kinds = _kinds(network)
        if not kinds:
            return {"controlnet_cond": pictures}
        number = get_args(UnionType).index(network.union_type)
        kind = pictures.new_zeros((len(pictures), kinds))
        kind[:, number] = 1
        return {
            "controlnet_cond": [pictures],
            "control_type": kind,
            "control_type_idx": [number],
        }

    def _picture(self, use: ControlUse, part: Part) -> Any:
        """The picture of a use, `[B, 3, H, W]` at the size that is sampled, cut to a part."""
        if id(use) not in self._pictures:
            self._pictures[id(use)] = self._resized(use)
        side = self._side
        return Part(*(side * each for each in (part.top, part.left, part.height, part.width))).of(
            self._pictures[id(use)]
        )

    def _resized(self, use: ControlUse) -> Any:
        interpolate = self._torch.nn.functional.interpolate
        picture = self._torch.from_numpy(np.array(use.picture[..., :3]))
        picture = _cropped(picture.movedim(-1, 1), self._size)
        if tuple(picture.shape[-2:]) != self._size:
            picture = interpolate(picture, self._size, mode="nearest-exact")
        picture = repeated(picture, self._batch)
        if use.mask is not None:
            mask = self._torch.from_numpy(np.array(use.mask))[:, None]
            mask = _cropped(mask, self._size)
            if tuple(mask.shape[-2:]) != self._size:
                mask = interpolate(mask, self._size, mode="bilinear")
            hole = _HOLE_OF_UNION if _kinds(self._networks[use.network]) else _HOLE
            picture = picture.where(repeated(mask, self._batch) < 0.5, hole)
        return picture


def _kinds(network: LoadedControlNet) -> int:
    """How many kinds of pictures a network was made for, or 0 if there is nothing to choose."""
    return int(network.network.config.get("num_control_type") or 0)


def _cropped(picture: Any, size: tuple[int, int]) -> Any:
    """The middle of a picture `[B, C, H, W]` that has the shape of a size."""
    height, width = picture.shape[-2:]
    rows = min(height, round(width * size[0] / size[1]))
    columns = min(width, round(height * size[1] / size[0]))
    top, left = (height - rows) // 2, (width - columns) // 2
    return picture[..., top : top + max(rows, 1), left : left + max(columns, 1)]
