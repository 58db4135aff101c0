"""CLIP's vocabulary, which comes with the package: checkpoints in one file have none of their own.

`data/clip_merges.txt.gz` holds the 48,894 merges that CLIP uses of OpenAI's
`bpe_simple_vocab_16e6.txt.gz` (sha256 924691ac..., MIT licence, see NOTICE).
"""

import gzip
from importlib.resources import files
from typing import Any

MOST_TOKENS = 77
"""What CLIP reads at once, with the tokens that mark start and end."""

_MERGES = "data/clip_merges.txt.gz"
_SPECIAL = ("<|startoftext|>", "<|endoftext|>")
# Bytes that have a letter of their own; the others are written as letters from U+0100 on.
_PRINTABLE = (*range(33, 127), *range(161, 173), *range(174, 256))


def clip_tokenizer() -> Any:
    """The tokenizer of CLIP, as transformers has it, with its 49,408 tokens."""
    from transformers import CLIPTokenizer

    data = files(__package__).joinpath(_MERGES).read_bytes()
    lines = gzip.decompress(data).decode("utf-8").splitlines()[1:]
    merges: Any = [(left, right) for left, _, right in (line.partition(" ") for line in lines)]
    others = (chr(256 + place) for place in range(256 - len(_PRINTABLE)))
    letters = [*map(chr, _PRINTABLE), *others]
    words = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges), *_SPECIAL]
    vocabulary = {word: number for number, word in enumerate(words)}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=MOST_TOKENS)
