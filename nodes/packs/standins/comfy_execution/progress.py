"""Stand-in for `comfy_execution.progress`."""

from typing import Any

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.host.running import current
from paintgraph.nodes.packs.standins.comfy.utils import preview_bytes


class ProgressRegistry:
    """Hears of the progress of nodes."""

    def update_progress(
        self, node_id: str, value: float, max_value: float, image: Any = None
    ) -> None:
        """Say that `value` of `max_value` is done, and show a preview."""
        del node_id
        current().progress(value, max_value)
        if image is not None:
            current().preview(*preview_bytes(image))


def get_progress_state() -> ProgressRegistry:
    """What hears of progress."""
    return ProgressRegistry()


__getattr__ = names_of("comfy_execution.progress")
