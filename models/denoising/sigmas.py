"""Levels of noise by number, from formulas.

Source: Karras et al., Elucidating the Design Space of Diffusion-Based Generative Models, eq. 5,
https://arxiv.org/abs/2206.00364.
"""

import math

from paintgraph.models.errors import SamplingError
from paintgraph.models.sampling.values import Sigmas

FIRST_NOISE = 0.0001
"""What a reversed list begins with in place of 0: from no noise at all there is no way up."""


def karras(steps: int, sigma_max: float, sigma_min: float, rho: float) -> Sigmas:
    """So many levels from `sigma_max` down to `sigma_min`, then 0; closer together at the end.

    Raises SamplingError for a range that is none.
    """
    _check(sigma_max, sigma_min)
    if rho <= 0:
        raise SamplingError(f"rho is {rho}; allowed is what is above 0. 7 is usual.")
    first, last = sigma_max ** (1 / rho), sigma_min ** (1 / rho)
    return (*((first + share * (last - first)) ** rho for share in _shares(steps)), 0.0)


def exponential(steps: int, sigma_max: float, sigma_min: float, rho: float = 1.0) -> Sigmas:
    """So many levels from `sigma_max` down to `sigma_min` by equal factors, then 0.

    Above 1, `rho` takes larger factors at first. Raises SamplingError for a range that is none.
    """
    _check(sigma_max, sigma_min)
    first, last = math.log(sigma_max), math.log(sigma_min)
    shares = (1 - (1 - share) ** rho for share in _shares(steps))
    return (*(math.exp(first + share * (last - first)) for share in shares), 0.0)


def split(sigmas: Sigmas, step: int) -> tuple[Sigmas, Sigmas]:
    """The levels of the first `step` steps, and those of the others, from where these end."""
    return sigmas[: step + 1], sigmas[step:]


def split_by_denoise(sigmas: Sigmas, denoise: float) -> tuple[Sigmas, Sigmas]:
    """The same, so that the second part is the share `denoise` of the steps."""
    steps = max(len(sigmas) - 1, 0)
    return split(sigmas, steps - round(steps * denoise))


def flip(sigmas: Sigmas) -> Sigmas:
    """The levels from the last to the first: sampling with them adds noise."""
    turned = sigmas[::-1]
    return (FIRST_NOISE, *turned[1:]) if turned[:1] == (0.0,) else turned


def _shares(steps: int) -> list[float]:
    return [step / max(steps - 1, 1) for step in range(steps)]


def _check(sigma_max: float, sigma_min: float) -> None:
    if not 0 < sigma_min <= sigma_max:
        raise SamplingError(
            f"sigma_min is {sigma_min} and sigma_max {sigma_max}; allowed is sigma_min above 0 and "
            "at most sigma_max. 0.03 and 14.6 are those of Stable Diffusion."
        )
