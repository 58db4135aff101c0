"""What works for packs in the call that runs: the worker's own encoders, samplers and decoders."""

from collections.abc import Callable
from typing import TypeVar

from paintgraph.base.listening import Listening
from paintgraph.nodes.packs.host.placeholders import NeedsModelObjectsError
from paintgraph.nodes.packs.host.running import current
from paintgraph.nodes.showing import showing

Service = TypeVar("Service")
Result = TypeVar("Result")


def served(kind: type[Service], work: Callable[[Service, Listening], Result]) -> Result:
    """What a service of the call that runs gives; its progress and its end are the call's.

    Networks are made outside of the inference mode in which packs run, as they outlive the call.
    """
    import torch

    call = current()
    service = call.services.find(kind)
    if service is None:
        raise NeedsModelObjectsError(
            f"no node runs that has {kind.__name__}; networks work while a node runs alone. Use "
            "them in the node's method."
        )
    with torch.inference_mode(mode=False):
        return work(service, showing(call))
