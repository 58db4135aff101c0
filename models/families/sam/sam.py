"""Segment Anything (Kirillov et al. 2023) by segment-anything: selects by points and boxes."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2
from paintgraph.models.loading.checkpoints import read_checkpoint, wrong_model
from paintgraph.models.roles import Candidates, Picture, Prompt, check_shape

if TYPE_CHECKING:
    from segment_anything import SamPredictor

Encoded = TypeVar("Encoded")
Floats = NDArray[np.float32]

KEPT_BYTES = 64 * 2**20
"""What encoded pictures may take: about sixteen of SAM's usual size."""

_SURE = 10.0
"""The logit of what a mask selects, as SAM 2 turns masks into prompts (20 m - 10)."""


class EncodedPictures(Generic[Encoded]):
    """What a model worked out of pictures, by their content; bounded, the last used stay."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[bytes, tuple[Encoded, int]] = OrderedDict()

    def get(self, picture: Picture, encode: Callable[[], tuple[Encoded, int]]) -> Encoded:
        """What is kept of the picture, else what `encode` gives, with its size in bytes."""
        key = blake2b(repr(picture.shape).encode(), digest_size=20)
        key.update(np.ascontiguousarray(picture).data)
        name = key.digest()
        if name not in self._kept:
            self._kept[name] = encode()
        self._kept.move_to_end(name)
        encoded, _ = self._kept[name]
        while sum(size for _, size in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)
        return encoded


def mask_logits(mask: Floats, side: int) -> Floats:
    """A mask `[H, W]` as SAM wants it: `[1, side, side]`, the longer side scaled to it.

    What lies beyond the shorter side is not selected.
    """
    height, width = mask.shape
    scale = side / max(height, width)
    size = max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))
    logits = np.full((1, side, side), -_SURE, np.float32)
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    logits[0, : size[1], : size[0]] = (2 * small - 1) * _SURE
    return logits


def kinds() -> list[str]:
    """The sizes that there are."""
    from segment_anything import sam_model_registry

    return list(sam_model_registry)


class Sam:
    """A `Segmenter`. Make it with `load`."""

    def __init__(self, predictor: "SamPredictor") -> None:
        self._predictor = predictor
        self._encoded: EncodedPictures[dict[str, Any]] = EncodedPictures()

    @classmethod
    def load(cls, checkpoint: Path, kind: str, device: str = "cpu") -> "Sam":
        """The model of a checkpoint; `kind` is `vit_b`, `vit_l` or `vit_h`.

        Raises CheckpointError for a file that holds something else.
        """
        from segment_anything import SamPredictor, sam_model_registry

        tensors = read_checkpoint(checkpoint)
        model = sam_model_registry[kind]()
        try:
            model.load_state_dict(tensors)
        except RuntimeError as error:
            raise wrong_model(checkpoint, f"Segment Anything of type {kind}", tensors) from error
        return cls(SamPredictor(model.eval().to(device)))

    def segment(
        self,
        picture: Picture,
        prompts: Sequence[Prompt],
        *,
        several: bool,
    ) -> Iterator[Candidates]:
        """What the prompts select; see `Segmenter`."""
        check_shape(picture)
        for name, value in self._encoded.get(picture, lambda: self._encode(picture)).items():
            setattr(self._predictor, name, value)
        for prompt in prompts:
            yield self._select(prompt, several=several)

    def _encode(self, picture: Picture) -> tuple[dict[str, Any], int]:
        """What the predictor knows of a picture once it has seen it."""
        import torch

        predictor = self._predictor
        with torch.inference_mode():
            predictor.set_image(picture)
        features = predictor.get_image_embedding()
        known = {
            "features": features,
            "original_size": predictor.original_size,
            "input_size": predictor.input_size,
            "is_image_set": True,
        }
        return known, features.numel() * features.element_size()

    def _select(self, prompt: Prompt, *, several: bool) -> Candidates:
        import torch

        points = np.asarray(prompt.points, np.float32) if prompt.points else None
        side = self._predictor.model.prompt_encoder.mask_input_size[0]
        with torch.inference_mode():
            masks, scores, _ = self._predictor.predict(
                point_coords=points,
                point_labels=None if points is None else np.asarray(prompt.is_wanted, np.int32),
                box=None if prompt.box is None else np.asarray(prompt.box, np.float32),
                mask_input=None if prompt.mask is None else mask_logits(prompt.mask, side),
                multimask_output=several,
            )
        return Candidates(np.asarray(masks, np.bool_), np.asarray(scores, np.float32))
