"""Segment Anything by transformers: selects by points and boxes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from paintgraph.models.families.sam.sam import EncodedPictures, mask_logits
from paintgraph.models.loading.checkpoints import check_kind, without_bars
from paintgraph.models.roles import Candidates, Picture, Prompt, check_shape

_KINDS = ("sam",)


class TransformersSegmenter:
    """A `Segmenter`. Make it with `load`."""

    def __init__(self, model: Any, processor: Any, device: str) -> None:
        self._model = model
        self._processor = processor
        self._device = device
        self._encoded: EncodedPictures[dict[str, Any]] = EncodedPictures()

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "TransformersSegmenter":
        """The model of a folder, of which only safetensors are read.

        Raises CheckpointError for a folder that holds something else.
        """
        check_kind(folder, _KINDS)
        import torch
        from transformers import SamModel, SamProcessor

        processor = SamProcessor.from_pretrained(folder, local_files_only=True)
        with without_bars():
            model: Any = SamModel.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
            )
        return cls(model.eval().to(device), processor, device)

    def segment(
        self,
        picture: Picture,
        prompts: Sequence[Prompt],
        *,
        several: bool,
    ) -> Iterator[Candidates]:
        """What the prompts select; see `Segmenter`."""
        check_shape(picture)
        known = self._encoded.get(picture, lambda: self._encode(picture))
        for prompt in prompts:
            yield self._select(known, prompt, several=several)

    def _encode(self, picture: Picture) -> tuple[dict[str, Any], int]:
        """What is worked out of a picture alone, and its sizes before and after scaling."""
        import torch

        # An array of few px could be taken for one whose first axis is that of colours.
        seen = self._processor(images=Pillow.fromarray(picture), return_tensors="pt")
        with torch.inference_mode():
            features = self._model.get_image_embeddings(seen["pixel_values"].to(self._device))
        sizes = {name: seen[name] for name in ("original_sizes", "reshaped_input_sizes")}
        return {"features": features, **sizes}, features.numel() * features.element_size()

    def _select(self, known: dict[str, Any], prompt: Prompt, *, several: bool) -> Candidates:
        import torch

        given = self._given(known, prompt)
        with torch.inference_mode():
            found = self._model(
                image_embeddings=known["features"], multimask_output=several, **given
            )
            (masks,) = self._processor.image_processor.post_process_masks(
                found.pred_masks.cpu(), known["original_sizes"], known["reshaped_input_sizes"]
            )
        return Candidates(masks[0].numpy(), found.iou_scores[0, 0].float().cpu().numpy())

    def _given(self, known: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
        """The prompt as tensors, in px of the scaled picture; one prompt of one picture."""
        import torch

        old_height, old_width = known["original_sizes"][0].tolist()
        new_height, new_width = known["reshaped_input_sizes"][0].tolist()
        scale = np.asarray([new_width / old_width, new_height / old_height])
        given: dict[str, Any] = {}
        if prompt.points:
            given["input_points"] = (np.asarray(prompt.points) * scale)[None, None]
            given["input_labels"] = np.asarray(prompt.is_wanted)[None, None]
        if prompt.box is not None:
            given["input_boxes"] = (np.asarray(prompt.box) * np.tile(scale, 2))[None, None]
        if prompt.mask is not None:
            side = self._model.config.prompt_encoder_config.image_embedding_size * 4
            given["input_masks"] = mask_logits(prompt.mask, side)[None]
        kinds = {"input_labels": torch.int}
        return {
            name: torch.as_tensor(value, dtype=kinds.get(name, torch.float), device=self._device)
            for name, value in given.items()
        }
