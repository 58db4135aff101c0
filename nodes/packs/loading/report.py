"""What became of a pack: as plain data, and in sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

State = Literal["loaded", "failed", "left out"]


@dataclass(frozen=True, slots=True)
class PackReport:
    """What became of one pack.

    Attributes:
        name, path: which pack.
        state: "left out" is one that kept an earlier process from starting.
        why: what is wrong and what helps, if it is not loaded.
        missing: Python modules that it asked for and that are not there, also if it went on.
        nodes: its node types that can be used.
        left_out: those that cannot, each with the reason.
        refused: what it tried to do at import and might not.
        routes: what it wants to answer over HTTP, as METHOD PATH.
        web: folder of its scripts for the page, or "".
        digest: of its files.
        seconds: how long it took to be imported.
    """

    name: str
    path: str
    state: State
    why: str = ""
    missing: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    web: str = ""
    digest: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @staticmethod
    def from_json(plain: Mapping[str, Any]) -> "PackReport":
        """A report from plain data."""
        lists = {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
        return PackReport(**{**plain, **lists})

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing to tell."""
        return self.state == "loaded" and not (self.left_out or self.missing or self.refused)

    def sentences(self) -> Iterator[str]:
        """All that a user should know of what does not work."""
        if self.state != "loaded":
            yield f"pack '{self.name}': {self.why}"
        elif self.missing:
            yield f"pack '{self.name}': {needed(self.missing)}"
        if self.left_out:
            every = len(self.left_out) + len(self.nodes)
            yield (
                f"pack '{self.name}': {len(self.left_out)} of its {every} nodes are left out. "
                "'paintgraph packs' says why."
            )
        for call in self.refused:
            yield (
                f"pack '{self.name}': refused at import: {call}. If it needs that, allow it with "
                f"--allow-packs {call.partition(':')[0]}."
            )


def needed(modules: tuple[str, ...]) -> str:
    """Which modules are missing, and the cure."""
    names = ", ".join(f"'{name}'" for name in modules)
    if len(modules) == 1:
        return f"it needs the Python module {names}, not installed here. {_INSTALL} that has it."
    return f"it needs the Python modules {names}, not installed here. {_INSTALL}s that have them."


_INSTALL = "Install the package"
