"""Stand-in for `comfy_execution.utils`: which node runs."""

from dataclasses import dataclass

from paintgraph.nodes.packs.host.running import current


@dataclass(frozen=True)
class ExecutionContext:
    """The call that runs."""

    prompt_id: str
    node_id: str
    list_index: int | None


def get_executing_context() -> ExecutionContext | None:
    """The call that runs, or None outside of calls."""
    call = current()
    if not call.origin.node:
        return None
    return ExecutionContext(call.job, call.origin.node, call.element)
