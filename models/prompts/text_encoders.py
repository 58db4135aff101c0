"""Prompts as conditionings: the text encoders of each family, as they are used together."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.errors import PromptError
from paintgraph.models.networks.encoders import ENCODERS, SPARED
from paintgraph.models.networks.loaded import LoadedTextEncoder
from paintgraph.models.networks.networks import Networks
from paintgraph.models.prompts.clip import Encoded, Layer, encode_clip
from paintgraph.models.prompts.embeddings import Embedding, read_embedding
from paintgraph.models.prompts.long_readers import encode_qwen, encode_t5
from paintgraph.models.prompts.weighting import check_text, embedding_names
from paintgraph.models.sampling.values import Array, Condition, Conditioning, TextEncoder

Texts: TypeAlias = str | Mapping[str, str]
"""A prompt for all encoders of a family, or for each by its name ("l", "g", "t5"); one that is left
out is not asked, and zeros stand in its place."""

_WIDTHS = {"l": 768, "g": 1280, "t5": 4096}  # where a family's encoder is not there
_CLIP_TOKENS = 77
_LEAST_T5_TOKENS = {"sd3": 77, "flux": 256}


class TextEncoders:
    """Encodes with the networks that values name; `find_embedding` gives an embedding's file."""

    def __init__(self, networks: Networks, find_embedding: Callable[[str], Path]) -> None:
        self._networks = networks
        self._find_embedding = find_embedding

    def encode(
        self, encoder: TextEncoder, texts: Texts, listening: Listening = SILENT
    ) -> Conditioning:
        """What a prompt tells the denoisers of a family.

        The text and its embeddings are checked before anything is loaded. Raises PromptError,
        ModelError and its kinds.
        """
        own = ENCODERS[encoder.family]
        given = dict.fromkeys(own, texts) if isinstance(texts, str) else texts
        if strange := [part for part in given if part not in own]:
            raise PromptError(
                f"clip reads for {encoder.family}, with {' and '.join(map(_named, own))}; there is "
                f"a text for {' and '.join(map(_named, strange))}. Use CLIPTextEncode, which takes "
                "one text for all."
            )
        embeddings = self._embeddings(given)

        def work(loaded: LoadedTextEncoder) -> Conditioning:
            return (encoded(loaded, given, encoder.last_layer, embeddings, listening),)

        return self._networks.with_text_encoder(encoder, work, listening)

    def _embeddings(self, texts: Mapping[str, str]) -> dict[str, Embedding]:
        for text in texts.values():
            check_text(text)
        names = embedding_names(text for part, text in texts.items() if part in ("l", "g"))
        return {name: read_embedding(self._find_embedding(name)) for name in names}


def embedding_file(names: ModelNames, name: str) -> Path:
    """The file that `embedding:NAME` means; raises ModelError with those that there are."""
    if fault := names.fault(name, Kind.EMBEDDING):
        raise fault
    return names.placed(name, Kind.EMBEDDING).file


def encoded(
    loaded: LoadedTextEncoder,
    texts: Mapping[str, str],
    last_layer: int | None = None,
    embeddings: Mapping[str, Embedding] | None = None,
    listening: Listening = SILENT,
) -> Condition:
    """The condition that a family's denoisers read; see `TextEncoders.encode`."""
    return _Reading(loaded, texts, last_layer, embeddings or {}, listening).condition()


class _Reading:
    """One reading of a prompt by the encoders of a family."""

    def __init__(
        self,
        loaded: LoadedTextEncoder,
        texts: Mapping[str, str],
        last_layer: int | None,
        embeddings: Mapping[str, Embedding],
        listening: Listening,
    ) -> None:
        self.family = loaded.family
        self.parts = {part.name: part for part in loaded.parts}
        self.texts = texts
        self.last_layer = last_layer
        self.embeddings = embeddings
        self.listening = listening
        needed = () if self.family in SPARED else ENCODERS[self.family]
        if missing := [part for part in needed if part not in self.parts]:
            raise PromptError(
                f"the text encoder of {self.family} lacks {' and '.join(map(_named, missing))}; "
                f"needed are {' and '.join(map(_named, needed))}. Load them together, with "
                "DualCLIPLoader or from a checkpoint that has both."
            )

    def condition(self) -> Condition:
        if self.family == "qwen_image":
            text = self.texts["qwen"]
            return Condition(encode_qwen(self.parts["qwen"], text, self.listening))
        if self.family in ("sd1", "sd2"):
            return Condition(self._clip("l").states)
        if self.family == "sdxl_refiner":
            clip = self._clip("g")
            return Condition(clip.states, clip.pooled)
        if self.family == "flux":
            return Condition(self._t5(), self._clip("l").pooled)
        pair = [self._clip(name) for name in ("l", "g")]
        states = self._joined([clip.states for clip in pair])
        if self.family == "sdxl":
            return Condition(states, pair[1].pooled)
        pooled = np.concatenate([clip.pooled for clip in pair], axis=-1)
        return Condition(self._before_t5(states), pooled)

    def _joined(self, pair: list[Array]) -> Array:
        """Both CLIPs' states side by side; the shorter goes on with those of no words."""
        length = max(states.shape[1] for states in pair)
        for place, (name, states) in enumerate(zip(("l", "g"), pair, strict=True)):
            if (rest := (length - states.shape[1]) // _CLIP_TOKENS) > 0:
                nothing = self._read(name, "").states if self._is_read(name) else states[:, :77] * 0
                pair[place] = np.concatenate([states, *[nothing] * rest], axis=1)
        return np.concatenate(pair, axis=-1)

    def _before_t5(self, states: Array) -> Array:
        """The states of both CLIPs, as wide as T5's, and then T5's."""
        if not self._is_read("t5"):
            return _widened(states, self._width("t5"))
        long = self._t5()
        return np.concatenate([_widened(states, long.shape[-1]), long], axis=1)

    def _t5(self) -> Array:
        return encode_t5(
            self.parts["t5"], self.texts["t5"], _LEAST_T5_TOKENS[self.family], self.listening
        )

    def _clip(self, name: str) -> Encoded:
        if self._is_read(name):
            return self._read(name, self.texts[name])
        width = self._width(name)
        return Encoded(
            np.zeros((1, _CLIP_TOKENS, width), np.float32), np.zeros((1, width), np.float32)
        )

    def _read(self, name: str, text: str) -> Encoded:
        part = self.parts[name]
        is_projected = self.family != "flux" and hasattr(part.network, "text_projection")
        # OpenCLIP's fill what is left with token 0, CLIP L with the one that ends.
        pad = 0 if name == "g" or self.family == "sd2" else None
        return encode_clip(
            part, text, self.embeddings, self._layer(), pad=pad, is_projected=is_projected
        )

    def _layer(self) -> Layer:
        chosen = self.last_layer
        if self.family == "sd2":  # diffusers has its encoder without the last layer, as it is used
            return Layer(-1 if chosen is None else min(-1, chosen + 1), is_normalised=True)
        if self.family in ("sd1", "flux"):
            return Layer(chosen or -1, is_normalised=True)
        return Layer(chosen or -2, is_normalised=False)

    def _is_read(self, name: str) -> bool:
        return name in self.parts and name in self.texts

    def _width(self, name: str) -> int:
        part = self.parts.get(name)
        return _WIDTHS[name] if part is None else int(part.network.config.hidden_size)


def _widened(states: Array, width: int) -> Array:
    return np.pad(states, ((0, 0), (0, 0), (0, width - states.shape[-1])))


def _named(part: str) -> str:
    return {"l": "CLIP L", "g": "CLIP G", "t5": "T5", "qwen": "Qwen2.5-VL"}[part]
