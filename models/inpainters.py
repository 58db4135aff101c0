"""The engines that fill pictures, by name."""

from typing import Self

from models.patchmatch import PatchMatch, PatchMatchPool
from models.protocols import Inpainter
from models.telea import Telea

DEFAULT_ENGINE = "patchmatch"
"""What "auto" means where no model is installed."""


class Inpainters:
    """All engines of a worker. Close it, or use it in a `with` statement."""

    def __init__(self, helpers: int = 2) -> None:
        self._pool = PatchMatchPool(helpers)
        engines: tuple[Inpainter, ...] = (PatchMatch(self._pool), Telea())
        self._engines = {engine.name: engine for engine in engines}

    def get(self, name: str) -> Inpainter:
        """The engine of this name; "auto" gives the best one that is there."""
        return self._engines[resolve_engine(name)]

    def names(self) -> list[str]:
        """All engines, the default first."""
        return list(self._engines)

    def close(self) -> None:
        """End their helper processes."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def resolve_engine(name: str) -> str:
    """What `auto` stands for; any other name is itself."""
    return DEFAULT_ENGINE if name == "auto" else name
