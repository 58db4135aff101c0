"""Control groups of Linux, version 2: the system itself bounds the memory of workers.

They can be made by who may write to the group of this process and is alone in it: in a unit of
systemd with `Delegate=yes`, or a container that may write to /sys/fs/cgroup. Elsewhere nothing here
does anything.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_SERVER, _WORKER = "paintgraph-server-", "paintgraph-worker-"
_END_SECONDS = 2.0  # for what is killed to be gone
_POLL_SECONDS = 0.01


class MemoryGroup:
    """The group of one process and all that it starts."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self.most_bytes = most_bytes

    @property
    def has_run_out(self) -> bool:
        """Whether the system ended a process of it that took more than is allowed."""
        try:
            events = (self._folder / "memory.events").read_text().split()
        except OSError:
            return False
        return dict(zip(events[::2], events[1::2], strict=False)).get("oom_kill", "0") != "0"

    def remove(self) -> None:
        """End what is left of it, and let go of it."""
        with suppress(OSError):
            (self._folder / "cgroup.kill").write_text("1")
        deadline = time.monotonic() + _END_SECONDS
        while not _removed(self._folder) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)


@contextmanager
def apart() -> Iterator[None]:
    """Put this process into a group of its own, so that those of its workers may lie beside it.

    The system bounds no group that lies below one with processes.
    """
    above = _own_group()
    if above is None:
        yield
        return
    own, control = above / f"{_SERVER}{os.getpid()}", above / "cgroup.subtree_control"
    was_enabled = "memory" in control.read_text().split()
    for left in above.glob(f"{_WORKER}*"):  # by a server that was killed
        _removed(left)
    try:
        with suppress(OSError):
            own.mkdir()
            _move(os.getpid(), own)
            control.write_text("+memory")
        yield
    finally:
        with suppress(OSError):
            if not was_enabled:
                control.write_text("-memory")
        with suppress(OSError):
            _move(os.getpid(), above)
        _removed(own)


def bounded(pid: int, most_bytes: int) -> MemoryGroup | None:
    """Put a process into a group that may take so much memory; None where that cannot be, or 0."""
    own = _own_group() if most_bytes else None
    if own is None or not own.name.startswith(_SERVER):
        return None
    folder = own.with_name(f"{_WORKER}{pid}")
    try:
        folder.mkdir(exist_ok=True)
        (folder / "memory.max").write_text(str(most_bytes))
        (folder / "memory.oom.group").write_text("1")
        with suppress(OSError):  # a system without a swap has none
            (folder / "memory.swap.max").write_text("0")
        _move(pid, folder)
    except OSError:
        _removed(folder)
        return None
    return MemoryGroup(folder, most_bytes)


def _own_group() -> Path | None:
    """The group of this process; None where version 2 does not look after memory."""
    try:
        lines = _OWN.read_text().splitlines()
        path = next(line[3:] for line in lines if line.startswith("0::"))
        folder = _ROOT / path.lstrip("/")
        has_memory = "memory" in (folder / "cgroup.controllers").read_text().split()
    except (OSError, StopIteration):
        return None
    return folder if has_memory else None


def _move(pid: int, folder: Path) -> None:
    (folder / "cgroup.procs").write_text(str(pid))


def _removed(folder: Path) -> bool:
    """Remove a group without processes; whether it is gone."""
    with suppress(OSError):
        folder.rmdir()
    return not folder.exists()
