"""Sampling as packs ask for it, by the loop of our own nodes."""

from collections.abc import Callable
from typing import Any

from paintgraph.models.denoising.requests import SampleRequest
from paintgraph.models.denoising.samplers import Samplers
from paintgraph.nodes.packs.sampling.arrays import tensor_of
from paintgraph.nodes.packs.sampling.services import served

Callback = Callable[[int, Any, Any, int], Any]


def sampled(request: SampleRequest, callback: Callback | None = None) -> Any:
    """Latents `[B, C, h, w]` after sampling, as a tensor.

    `callback` is called after each step with its number, what the picture is taken for, what is
    sampled next, and how many steps there are; what it raises ends sampling.
    """

    def watch(step: int, clean: Any, x: Any, total: int) -> None:
        if callback is not None:
            callback(step, clean, x, total)

    found = served(Samplers, lambda own, heard: own.sample(request, heard, watch))
    return tensor_of(found.samples)
