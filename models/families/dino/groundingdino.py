"""Grounding DINO (Liu et al. 2023) by groundingdino-py: finds what words name."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image as Pillow

from paintgraph.imaging.geometry.boxes import Boxes
from paintgraph.models.families.dino.detection import Answers, Tokens, caption_of
from paintgraph.models.loading.checkpoints import read_checkpoint, wrong_model
from paintgraph.models.roles import Picture, check_shape

if TYPE_CHECKING:
    from torch import Tensor, nn

_MEAN = [0.485, 0.456, 0.406]
_DEVIATION = [0.229, 0.224, 0.225]
_KNOWN_WARNINGS: tuple[tuple[type[Warning], str, str], ...] = (
    (FutureWarning, r"`torch\.cuda\.amp\.autocast", r"groundingdino\."),
    (FutureWarning, r"Importing from timm\.models\.layers", r"timm\."),
    (UserWarning, r"torch\.meshgrid: in an upcoming release", r"torch\.functional"),
)
"""What groundingdino-py, which nobody changes any more, makes other libraries complain of."""
_FOR_TRAINING = {"use_checkpoint": False, "use_transformer_ckpt": False}
"""They save memory while a model learns; when it works they only warn."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a checkpoint is of.

    Attributes:
        config: the name of a module in `groundingdino.config`.
        changes: what is otherwise than there.
        shorter_side, longer_side: px that the model looks at; a picture is scaled so that its
            shorter side has so many, or fewer where the longer one would have too many.
    """

    config: str = "GroundingDINO_SwinT_OGC"
    changes: Mapping[str, Any] = field(default_factory=dict)
    shorter_side: int = 800
    longer_side: int = 1333


class GroundingDino:
    """A `Detector`. Make it with `load`."""

    def __init__(self, model: "nn.Module", architecture: Architecture, device: str) -> None:
        self._model = model
        self._architecture = architecture
        self._device = device

    @classmethod
    def load(
        cls,
        checkpoint: Path,
        text_encoder: Path,
        architecture: Architecture | None = None,
        device: str = "cpu",
    ) -> "GroundingDino":
        """The model of a checkpoint, with the words of a text encoder's folder.

        Raises CheckpointError for a file that holds something else.
        """
        ignore_known_warnings()
        from groundingdino.models import build_model
        from groundingdino.util.slconfig import SLConfig

        from paintgraph.models.families.dino.groundingdino_text import text_encoder_from

        architecture = architecture or Architecture()
        tensors = read_checkpoint(checkpoint)
        module = import_module(f"groundingdino.config.{architecture.config}")
        wanted = {name: value for name, value in vars(module).items() if name[0] != "_"}
        wanted |= {**_FOR_TRAINING, **architecture.changes, "device": device}
        with text_encoder_from(text_encoder):
            model = build_model(SLConfig(wanted))
        expected = model.state_dict()
        lacking = [name for name in expected if name not in tensors]
        other = [n for n, t in expected.items() if n in tensors and tensors[n].shape != t.shape]
        if lacking or other:
            why = f"it lacks {lacking[0]}" if lacking else f"{other[0]} has another shape"
            raise wrong_model(checkpoint, f"Grounding DINO of {architecture.config}", tensors, why)
        model.load_state_dict(tensors, strict=False)  # more than is needed does no harm
        return cls(model.eval().to(device), architecture, device)

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
        ignore_known_warnings()
        caption = caption_of(phrases)
        tokenizer: Any = self._model.tokenizer
        special = frozenset(self._model.specical_tokens)  # type: ignore[arg-type] # its spelling
        tokens = Tokens(tokenizer(caption)["input_ids"], special, tokenizer.decode)
        tokens.check_count(int(self._model.max_text_len))  # type: ignore[arg-type]
        with torch.inference_mode():
            found = self._model(self._seen(picture)[None], captions=[caption])
            scores = found["pred_logits"][0].sigmoid().cpu().numpy()
            places = found["pred_boxes"][0].cpu().numpy()
        return Answers(scores, places).boxes(picture, tokens, box_threshold, text_threshold)

    def _seen(self, picture: Picture) -> "Tensor":
        """The picture as the model wants it, `[3, h, w]`."""
        from groundingdino.datasets import transforms

        limits = self._architecture
        small, _ = transforms.resize(
            Pillow.fromarray(picture), None, limits.shorter_side, limits.longer_side
        )
        tensor, _ = transforms.ToTensor()(small, None)
        seen, _ = transforms.Normalize(_MEAN, _DEVIATION)(tensor, None)
        return seen.to(self._device)  # type: ignore[no-any-return]


def ignore_known_warnings() -> None:
    """Keep these few messages from the log, for good.

    `catch_warnings` would change the warnings of other threads. Often is the same as once.
    """
    for category, message, module in _KNOWN_WARNINGS:
        warnings.filterwarnings("ignore", message, category, module)
