"""Segment Anything (Kirillov et al. 2023) by segment-anything: selects by points and boxes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from paintgraph.models.families.sam.segmentation import EncodedPictures, mask_logits
from paintgraph.models.loading.checkpoints import read_checkpoint, wrong_model
from paintgraph.models.masks.roles import Candidates, Picture, Prompt, check_shape

if TYPE_CHECKING:
    from segment_anything import SamPredictor


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
