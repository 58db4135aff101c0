"""DPM-Solver++ of the third order that adds noise in each step, "DPM++ 3M SDE".

The term of the second difference has a wrong sign in diffusers: for small steps it is as large as
the picture's own difference, where it has to vanish.

Source: Lu et al., DPM-Solver++, https://arxiv.org/abs/2211.01095, with steps of twice the length
for the noise that is added; https://github.com/crowsonkb/k-diffusion, `sample_dpmpp_3m_sde`.
"""

from functools import cache
from itertools import pairwise
from typing import Any


@cache
def third_order(diffusers: Any) -> Any:
    """The class of schedulers."""
    import torch

    class ThirdOrderScheduler(diffusers.DPMSolverMultistepScheduler):  # type: ignore[misc]
        """As its base class, with `algorithm_type` "sde-dpmsolver++" and `solver_order` 3."""

        def multistep_dpm_solver_third_order_update(
            self, model_output_list: Any, *_: Any, sample: Any, noise: Any
        ) -> Any:
            at = self.step_index
            levels = [self._sigma_to_alpha_sigma_t(self.sigmas[i]) for i in range(at - 2, at + 2)]
            times = [torch.log(alpha) - torch.log(sigma) for alpha, sigma in levels]
            before, last, step = (b - a for a, b in pairwise(times))
            older, old, new = model_output_list[-3:]
            slope, older_slope = (new - old) / (last / step), (old - older) / (before / step)
            change = (slope - older_slope) / (last / step + before / step)
            slope = slope + change * (last / step)
            length = 2 * step
            alpha, sigma = levels[-1]
            by_slope = (torch.exp(-length) - 1) / length + 1
            by_change = by_slope / length - 0.5
            return (
                sigma / levels[-2][1] * torch.exp(-step) * sample
                + alpha * (1 - torch.exp(-length)) * new
                + alpha * by_slope * slope
                - alpha * by_change * change
                + sigma * torch.sqrt(1 - torch.exp(-length)) * noise
            )

    return ThirdOrderScheduler
