"""Grounding DINO by transformers: finds what words name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from paintgraph.imaging.geometry.boxes import Boxes
from paintgraph.models.families.dino.detection import Answers, Tokens, caption_of
from paintgraph.models.loading.checkpoints import check_kind, without_bars
from paintgraph.models.roles import Picture, check_shape

_KINDS = ("grounding-dino", "mm-grounding-dino")
_SPECIAL = ("[CLS]", "[SEP]", ".", "?")
"""What ends a phrase, for Grounding DINO."""


class TransformersDetector:
    """A `Detector`. Make it with `load`."""

    def __init__(self, model: Any, processor: Any, device: str) -> None:
        self._model = model
        self._processor = processor
        self._device = device

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "TransformersDetector":
        """The model of a folder, of which only safetensors are read.

        Raises CheckpointError for a folder that holds something else.
        """
        check_kind(folder, _KINDS)
        import torch
        from transformers import (
            AutoModelForZeroShotObjectDetection,
            AutoProcessor,
        )

        processors: Any = AutoProcessor
        processor = processors.from_pretrained(folder, local_files_only=True)
        with without_bars():
            model: Any = AutoModelForZeroShotObjectDetection.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
            )
        return cls(model.eval().to(device), processor, device)

    def detect(
        self,
        picture: Picture,
        phrases: Sequence[str],
        *,
        box_threshold: float,
        text_threshold: float,
    ) -> Boxes:
        """The boxes that the phrases name; see `Detector`."""
        import torch

        check_shape(picture)
        tokenizer = self._processor.tokenizer
        special = frozenset(tokenizer.convert_tokens_to_ids(list(_SPECIAL)))
        caption = caption_of(phrases)
        tokens = Tokens(tokenizer(caption)["input_ids"], special, tokenizer.decode)
        tokens.check_count(self._model.config.max_text_len)
        # An array of few px could be taken for one whose first axis is that of colours.
        given = Pillow.fromarray(picture)
        seen = self._processor(images=given, text=caption, return_tensors="pt").to(self._device)
        with torch.inference_mode():
            found = self._model(**seen)
            scores = found.logits[0].sigmoid().cpu().numpy()
            places = found.pred_boxes[0].cpu().numpy()
        return Answers(scores, places).boxes(picture, tokens, box_threshold, text_threshold)
