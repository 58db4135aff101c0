"""What CLIP's text encoders make of a prompt."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from paintgraph.models.errors import PromptError
from paintgraph.models.networks.loaded import EncoderPart
from paintgraph.models.prompts.embeddings import Embedding, vectors_for
from paintgraph.models.prompts.tokens import Chunk, Token, chunks_of, words_of
from paintgraph.models.prompts.weighting import weighted
from paintgraph.models.sampling.values import Array


class Encoded(NamedTuple):
    """A prompt as an encoder gives it.

    Attributes:
        states: `[1, tokens, width]`, a multiple of 77 tokens.
        pooled: `[1, width]` of the first chunk.
    """

    states: Array
    pooled: Array


class Layer(NamedTuple):
    """Which layer's output counts, from the last one (-1), and whether it is normalised."""

    number: int
    is_normalised: bool


def encode_clip(  # noqa: PLR0913 - each is a fact of its own
    part: EncoderPart,
    text: str,
    embeddings: Mapping[str, Embedding],
    layer: Layer,
    *,
    pad: int | None = None,
    is_projected: bool = False,
) -> Encoded:
    """A prompt in chunks of 75 tokens, each with start and end, one after the other.

    What is weighted lies between the prompt and the empty one, or beyond: `empty + (prompt - empty)
    * weight`, token by token; `pooled` is not weighted. `pad` fills chunks, by default the token
    that ends them. Raises PromptError for layers that there are not, WeightsError for embeddings of
    another width.
    """
    network, tokenizer = part.network, part.tokenizer
    start, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    size = int(network.config.max_position_embeddings)
    width = int(network.get_input_embeddings().weight.shape[1])

    def numbers(word: str) -> list[int]:
        return list(tokenizer(word, add_special_tokens=False)["input_ids"])

    def vectors(name: str) -> Array:
        return vectors_for(embeddings[name], name, part.name, width)

    chunks = chunks_of(words_of(weighted(text), numbers, vectors), size - 2)
    filler = Token(end if pad is None else pad)
    rows = [_row(chunk, start, end, filler, size) for chunk in chunks]
    if is_weighted := any(token.weight != 1 for row in rows for token in row):
        rows.append(_row([], start, end, filler, size))
    states, pooled = _run(network, rows, layer, end, is_projected=is_projected)
    if is_weighted:
        empty, states = states[-1], states[:-1]
        weights = np.array([[token.weight for token in row] for row in rows[:-1]], np.float32)
        states = empty + (states - empty) * weights[..., np.newaxis]
    return Encoded(states.reshape(1, -1, states.shape[-1]), pooled)


def _row(chunk: Chunk, start: int, end: int, filler: Token, size: int) -> list[Token]:
    row = [Token(start), *chunk, Token(end)]
    return row + [filler] * (size - len(row))


def _run(
    network: Any, rows: Sequence[Chunk], layer: Layer, end: int, *, is_projected: bool
) -> tuple[Array, Array]:
    """The states of each row `[rows, tokens, width]`, and the pooled ones of the first row."""
    import torch

    layers = int(network.config.num_hidden_layers)
    if layer.number < -layers:
        raise PromptError(
            f"stop_at_clip_layer is {layer.number}, but the text encoder has {layers} layers; "
            f"allowed are -1 to {-layers}. Choose a later layer."
        )
    device = network.get_input_embeddings().weight.device
    device = getattr(network, "device", device)
    numbers = torch.tensor([[token.number for token in row] for row in rows], device=device)
    with torch.inference_mode(), _replacing(network.get_input_embeddings(), rows):
        found = network(numbers, output_hidden_states=True)
        states = found.hidden_states[layer.number]
        if layer.is_normalised:
            states = getattr(network, "text_model", network).final_layer_norm(states)
        last = next(place for place, token in enumerate(rows[0]) if token.number == end)
        pooled = found.text_embeds if is_projected else found.last_hidden_state[:, last]
        return states.float().cpu().numpy(), pooled[:1].float().cpu().numpy()


@contextmanager
def _replacing(layer: Any, rows: Sequence[Chunk]) -> Iterator[None]:
    """While this lasts, the layer that looks words up gives the learnt vectors in their places."""
    import torch

    learnt = [
        (row, column, torch.from_numpy(token.vector))
        for row, chunk in enumerate(rows)
        for column, token in enumerate(chunk)
        if token.vector is not None
    ]

    def replace(_layer: Any, _given: Any, looked_up: Any) -> Any:
        for row, column, vector in learnt:
            looked_up[row, column] = vector.to(looked_up)
        return looked_up

    handle = layer.register_forward_hook(replace)
    try:
        yield
    finally:
        handle.remove()
