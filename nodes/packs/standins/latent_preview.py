"""Stand-in for `latent_preview`: samplers tell their steps themselves."""

from collections.abc import Callable
from typing import Any

from paintgraph.nodes.packs.host.placeholders import names_of

MAX_PREVIEW_RESOLUTION = 512


def prepare_callback(
    model: Any, steps: int, x0_output_dict: dict[str, Any] | None = None
) -> Callable[[int, Any, Any, int], None]:
    """What samplers are given to tell of their steps: it keeps what pictures are taken for."""

    def callback(step: int, x0: Any, x: Any, total_steps: int) -> None:
        if x0_output_dict is not None:
            x0_output_dict["x0"] = x0

    return callback


def get_previewer(device: Any, latent_format: Any) -> None:
    """No previewer: samplers show what they do themselves."""


__getattr__ = names_of("latent_preview")
