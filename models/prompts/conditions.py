"""Arithmetic of conditionings."""

from dataclasses import replace

import numpy as np

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.errors import PromptError
from paintgraph.models.sampling.values import Array, Condition, Conditioning


def zeroed(conditioning: Conditioning) -> Conditioning:
    """The same with zeros in place of all that was read of a prompt."""
    return tuple(
        replace(
            each,
            embeddings=np.zeros_like(each.embeddings),
            pooled=None if each.pooled is None else np.zeros_like(each.pooled),
        )
        for each in conditioning
    )


def concatenated(
    to: Conditioning, source: Conditioning, listening: Listening = SILENT
) -> Conditioning:
    """Each condition of `to`, its tokens followed by those of the first of `source`.

    Raises PromptError if they are of other families.
    """
    added = _first(source, listening, "conditioning_from")

    def joined(each: Condition) -> Condition:
        _check_alike(each.embeddings, added.embeddings)
        return replace(each, embeddings=np.concatenate([each.embeddings, added.embeddings], 1))

    return tuple(joined(each) for each in to)


def averaged(
    to: Conditioning, source: Conditioning, strength: float, listening: Listening = SILENT
) -> Conditioning:
    """Each condition of `to` times `strength` and the first of `source` times the rest.

    What is shorter is filled with zeros, what is longer cut, to the length of `to`. Raises
    PromptError if they are of other families.
    """
    other = _first(source, listening, "conditioning_from")

    def mixed(each: Condition) -> Condition:
        _check_alike(each.embeddings, other.embeddings)
        embeddings = _mix(each.embeddings, _of_length(other.embeddings, each.embeddings), strength)
        if each.pooled is None or other.pooled is None:
            pooled = other.pooled if each.pooled is None else each.pooled
        else:
            pooled = _mix(each.pooled, other.pooled, strength)
        return replace(each, embeddings=embeddings, pooled=pooled)

    return tuple(mixed(each) for each in to)


def _first(conditioning: Conditioning, listening: Listening, name: str) -> Condition:
    if not conditioning:
        raise PromptError(f"{name} has no prompt in it; needed is one. Encode a prompt for it.")
    if len(conditioning) > 1:
        listening.warn(f"{name} has {len(conditioning)} prompts in it; the first one is used.")
    return conditioning[0]


def _check_alike(one: Array, other: Array) -> None:
    if one.shape[-1] != other.shape[-1]:
        raise PromptError(
            f"the tokens of both conditionings are {one.shape[-1]} and {other.shape[-1]} wide; "
            "they must be of one family of models. Encode both with the same CLIP."
        )


def _of_length(array: Array, like: Array) -> Array:
    cut = array[:, : like.shape[1]]
    return np.pad(cut, ((0, 0), (0, like.shape[1] - cut.shape[1]), (0, 0)))


def _mix(one: Array, other: Array, strength: float) -> Array:
    mixed: Array = one * np.float32(strength) + other * np.float32(1 - strength)
    return mixed
