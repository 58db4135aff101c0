"""A BERT of a few thousand weights with a vocabulary of letters and some words: its files."""

from pathlib import Path

WORDS = ("cat", "dog", "red", "ball", "person")
_MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *".,?!-'")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_MOST_TOKENS = 256


def save_text_encoder(folder: Path, *, with_weights: bool = True) -> Path:
    """Write a tokenizer and a random BERT as transformers keeps them."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    words = [*_MARKS, *_LETTERS, *(f"##{letter}" for letter in _LETTERS), *WORDS]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(words) + "\n")
    BertTokenizer(str(vocabulary), do_lower_case=True).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=_MOST_TOKENS,
    )
    config.save_pretrained(folder)
    if with_weights:
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    return folder
