"""Stand-in for `execution`: a `PromptExecutor` whose methods packs may replace, to no effect."""

import threading
from typing import Any

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.host.running import current
from paintgraph.nodes.packs.standins import nodes

__all__ = ["PromptExecutor", "PromptQueue", "full_type_name", "nodes"]


class PromptExecutor:
    """What runs graphs in ComfyUI. Here the engine does, so nobody calls these methods."""

    def __init__(self, server: Any = None, *_: Any, **__: Any) -> None:
        self.server = server
        self.outputs: dict[str, Any] = {}
        self.success = True

    def reset(self) -> None:
        """Forget everything."""

    def add_message(self, event: str, data: dict[str, Any], broadcast: bool) -> None:
        """Tell something to the page."""

    def handle_execution_error(self, *_: Any, **__: Any) -> None:
        """Report an error."""

    def execute(self, *_: Any, **__: Any) -> None:
        """Run a prompt."""

    async def execute_async(self, *_: Any, **__: Any) -> None:
        """Run a prompt."""


class PromptQueue:
    """What holds prompts in ComfyUI; here it knows of the one that runs in this worker."""

    def __init__(self, server: Any = None) -> None:
        self.server = server
        self.history: dict[str, Any] = {}
        self.queue: list[Any] = []
        self.flags: dict[str, Any] = {}
        self.mutex = threading.RLock()

    @property
    def currently_running(self) -> dict[int, tuple[Any, ...]]:
        """The prompt that runs: (number, id, prompt, extra data, outputs)."""
        call = current()
        if not call.job:
            return {}
        extra = call.nodes.extra
        return {0: (0, call.job, extra.get("prompt") or {}, {**extra}, [])}

    def get_current_queue(self) -> tuple[list[Any], list[Any]]:
        """What runs, and what waits."""
        return [*self.currently_running.values()], []

    get_current_queue_volatile = get_current_queue

    def get_tasks_remaining(self) -> int:
        """How many prompts run or wait, as far as a worker knows."""
        return len(self.currently_running)

    def get_history(self, *_: Any, **__: Any) -> dict[str, Any]:
        """What has run."""
        return {}

    def set_flag(self, name: str, data: Any) -> None:
        """Ask for something after the prompt that runs: nobody looks at it here."""
        self.flags[name] = data

    def put(self, item: Any) -> None:
        """Add a prompt: not from here."""
        raise RuntimeError("packs cannot queue prompts here; POST them to /prompt instead")


def full_type_name(klass: type) -> str:
    """Module and name of a class."""
    return f"{klass.__module__}.{klass.__qualname__}"


__getattr__ = names_of("execution")
