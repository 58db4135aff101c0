"""What text encoders that read a prompt at once make of it: T5, and Qwen2.5-VL."""

from typing import Any

import numpy as np

from paintgraph.base.listening import Listening
from paintgraph.models.networks.loaded import EncoderPart
from paintgraph.models.prompts.tokens import Token
from paintgraph.models.prompts.weighting import weighted
from paintgraph.models.sampling.values import Array

MOST_T5_TOKENS = 512
MOST_QWEN_TOKENS = 1024
"""What the families were made for, as diffusers has it."""

_QWEN_BEFORE = (
    "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, "
    "quantity, text, spatial relationships of the objects and background:<|im_end|>\n"
    "<|im_start|>user\n"
)
_QWEN_AFTER = "<|im_end|>\n<|im_start|>assistant\n"


def encode_t5(part: EncoderPart, text: str, shortest: int, listening: Listening) -> Array:
    """States `[1, tokens, width]` of at least `shortest` tokens, weighted as CLIP's are.

    What is longer than T5 reads in these families is cut, with a warning.
    """
    tokenizer = part.tokenizer
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    tokens = [
        Token(number, weight)
        for piece, weight in weighted(text)
        for number in tokenizer(piece, add_special_tokens=False)["input_ids"]
    ]
    if len(tokens) >= MOST_T5_TOKENS:
        _warn_of_cut(listening, "T5", len(tokens) + 1, MOST_T5_TOKENS)
        tokens = tokens[: MOST_T5_TOKENS - 1]
    length = max(len(tokens) + 1, shortest)

    def row(words: list[Token]) -> list[int]:
        numbers = [*(token.number for token in words), end]
        return numbers + [pad] * (length - len(numbers))

    if all(token.weight == 1 for token in tokens):
        return _states(part.network, [row(tokens)])
    states, empty = _states(part.network, [row(tokens), row([])])
    weights = np.ones((length, 1), np.float32)
    weights[: len(tokens), 0] = [token.weight for token in tokens]
    found: Array = (empty + (states - empty) * weights)[np.newaxis]
    return found


def encode_qwen(part: EncoderPart, text: str, listening: Listening) -> Array:
    """States `[1, tokens, width]` of the prompt, in the words that Qwen-Image was trained with.

    A language model reads brackets as text: nothing is weighted.
    """
    tokenizer = part.tokenizer
    before = len(tokenizer(_QWEN_BEFORE, add_special_tokens=False)["input_ids"])
    words = tokenizer(text, add_special_tokens=False)["input_ids"]
    if len(words) > MOST_QWEN_TOKENS:
        _warn_of_cut(listening, "Qwen2.5-VL", len(words), MOST_QWEN_TOKENS)
        text = tokenizer.decode(words[:MOST_QWEN_TOKENS])
    whole = tokenizer(f"{_QWEN_BEFORE}{text}{_QWEN_AFTER}", add_special_tokens=False)
    return _states(part.network, [whole["input_ids"]])[:, before:]


def _states(network: Any, rows: list[list[int]]) -> Array:
    import torch

    numbers = torch.tensor(rows, device=network.device)
    with torch.inference_mode():
        found = network(input_ids=numbers, output_hidden_states=True)
        states: Array = found.hidden_states[-1].float().cpu().numpy()
    return states


def _warn_of_cut(listening: Listening, reader: str, length: int, most: int) -> None:
    listening.warn(f"The prompt has {length} tokens; {reader} reads {most}, so the rest is cut.")
