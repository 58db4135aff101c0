"""The accelerators of this machine as torch sees them, told by a process of its own.

Loading torch takes seconds and hundreds of megabytes: who only tells of accelerators need not.
"""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass

from paintgraph.base import processes
from paintgraph.models.loading.devices import total_bytes

_MODULE = "paintgraph.models.loading.accelerators"
_MOST_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One of them: what it is called, its `type` ("cuda", "mps"), its number among these."""

    name: str
    type: str
    index: int
    total_bytes: int


def accelerators() -> tuple[Accelerator, ...]:
    """Those that models can work on; none where torch is not installed, or tells of none."""
    process = processes.start(_MODULE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process:
        try:
            told, _ = process.communicate(timeout=_MOST_SECONDS)
            return tuple(Accelerator(**one) for one in json.loads(told))
        except subprocess.TimeoutExpired:
            process.kill()
        except ValueError:  # it ended before it said anything
            pass
    return ()


def main() -> None:
    """Tell them, in JSON."""
    import torch

    found = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        found.append(Accelerator(properties.name, "cuda", index, properties.total_memory))
    if torch.backends.mps.is_available():
        found.append(Accelerator("mps", "mps", 0, total_bytes("mps")))
    sys.stdout.write(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main()
