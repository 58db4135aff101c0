"""groundingdino-py 0.4 with transformers 5: its text encoder, from a folder, without a network.

Imported at first use, because torch is heavy.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import groundingdino.models.GroundingDINO.groundingdino as library
from torch import Tensor, nn
from transformers import AutoTokenizer, BertConfig, BertModel

_PATCHING = threading.Lock()


class TextEncoder(nn.Module):
    """BERT as groundingdino calls it.

    The library's own wrapper asks for methods that transformers 5 no longer has. The names of the
    tensors are those of that wrapper, so checkpoints fit.
    """

    def __init__(self, bert_model: BertModel) -> None:
        super().__init__()
        self.config = bert_model.config
        self.embeddings = bert_model.embeddings
        self.encoder = bert_model.encoder
        self.pooler = bert_model.pooler
        self._call: Callable[..., Any] = bert_model.forward  # no sub-module: tensors are named once

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **others: Tensor
    ) -> Any:
        """What BERT gives; a mask `[B, T, T]` says which tokens see which."""
        if attention_mask is not None and attention_mask.dim() == 3:
            attention_mask = attention_mask[:, None].bool()  # of four axes it is taken as it is
        return self._call(input_ids=input_ids, attention_mask=attention_mask, **others)


@contextmanager
def text_encoder_from(folder: Path) -> Iterator[None]:
    """While this lasts, models of groundingdino are built with the text encoder of a folder.

    Only its configuration and words are read: the weights are in Grounding DINO's own checkpoint.
    """
    own = {
        "BertModelWarper": TextEncoder,
        "get_tokenlizer": SimpleNamespace(
            get_tokenlizer=lambda _: AutoTokenizer.from_pretrained(folder, local_files_only=True),
            get_pretrained_language_model=lambda _: BertModel(
                BertConfig.from_pretrained(folder, local_files_only=True)
            ),
        ),
    }
    with _PATCHING:
        before = {name: getattr(library, name) for name in own}
        try:
            for name, replacement in own.items():
                setattr(library, name, replacement)
            yield
        finally:
            for name, original in before.items():
                setattr(library, name, original)
