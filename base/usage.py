"""What processes use: time of processors, memory, and what their threads wait for.

Read from /proc, so known on Linux alone; elsewhere every function says that it does not know.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_GROUPS = Path("/sys/fs/cgroup")
_OF_DRIVERS = "cuda"  # how threads are named that accelerators' drivers keep for themselves


def cpu_seconds(pid: int) -> float | None:
    """How long a process has computed, in seconds; None where that is not known."""
    try:
        fields = _fields(_PROC / str(pid) / "stat")
    except OSError:
        return None
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def own_bytes(pid: int) -> int | None:
    """Resident memory of a process that no file stands behind; None where that is not known."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None
    named = (line.split() for line in lines)
    return sum(int(word[1]) << 10 for word in named if word[0] in ("RssAnon:", "RssShmem:"))


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that these started."""
    parents: dict[int, int] = {}
    with suppress(OSError):
        for entry in _PROC.iterdir():
            if entry.name.isdigit():
                with suppress(OSError):  # it has ended meanwhile
                    parents[int(entry.name)] = int(_fields(entry / "stat")[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {pid})


def waits_for_locks(passed_over: frozenset[int]) -> bool:
    """Whether each thread of this process waits for a lock without an end, so nothing can go on.

    Threads of `passed_over`, by native id, and those of accelerators' drivers do not count. False
    where it is not known. A thread that sleeps, reads or waits for a process waits for no lock.
    """
    try:
        threads = list((_PROC / "self" / "task").iterdir())
        return all(
            _waits_for_lock(task)
            for task in threads
            if int(task.name) not in passed_over
            and not (task / "comm").read_text().startswith(_OF_DRIVERS)
        )
    except OSError:
        return False


def _waits_for_lock(task: Path) -> bool:
    """Whether a thread is in a futex call whose fourth argument, the time to wait, is not there."""
    if not (task / "wchan").read_text().startswith("futex"):
        return False
    call = (task / "syscall").read_text().split()
    return len(call) > 4 and int(call[4], 16) == 0


def machine_bytes() -> int | None:
    """Memory that this process and its children may have: the machine's, or its control group's."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):  # Windows
        return None
    return min([whole, *_limits_of_groups()])


def _limits_of_groups() -> Iterator[int]:
    """The limits of this process' control groups, of both versions."""
    with suppress(OSError):
        for line in (_PROC / "self" / "cgroup").read_text().splitlines():
            _, kinds, path = line.split(":", 2)
            if kinds not in ("", "memory"):
                continue
            root, name = (
                (_GROUPS / "memory", "memory.limit_in_bytes") if kinds else (_GROUPS, "memory.max")
            )
            group = root / path.lstrip("/")
            for folder in (group, *group.parents):
                with suppress(OSError, ValueError):  # "max" is no number
                    yield int((folder / name).read_text())


def _fields(stat: Path) -> list[str]:
    """The fields of a stat file behind the process' name, which may hold blanks."""
    return stat.read_text().rpartition(") ")[2].split()
