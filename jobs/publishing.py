"""Publishing effects: blobs become files with the names that were wanted, once each."""

import re
from datetime import datetime
from pathlib import Path

from engine.blobs import Blobs
from engine.elements import Effect
from engine.errors import EngineError
from engine.store import write_whole

_FIELD = re.compile(r"%(year|month|day|hour|minute|second)%")
_NUMBER_DIGITS = 5


class PublishError(EngineError):
    """A file cannot be written."""

    code = "cannot_write"


class Publisher:
    """Writes effects into one folder as PREFIX_00001_.png and so on, never over a file."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self._folder = folder
        self._blobs = blobs

    def publish(self, effect: Effect) -> Path:
        """Write one effect; raises PublishError if it cannot be, or its name leads outside."""
        root = self._folder.resolve()
        now = datetime.now().astimezone()
        prefix = _FIELD.sub(lambda found: str(getattr(now, found[1])).zfill(2), effect.prefix)
        target = (root / prefix).resolve()
        if not target.is_relative_to(root) or target == root or "\0" in prefix:
            raise PublishError(
                f"the file name '{prefix}' leads outside the output folder '{root}'. "
                "Use a plain name."
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            path = _free(target, effect.suffix)
            write_whole(path, self._blobs.get(effect.blob))
        except OSError as error:
            raise cannot_write(target.parent, error) from error
        return path


def cannot_write(path: Path, error: OSError) -> PublishError:
    """The error of a file or folder that cannot be written."""
    return PublishError(
        f"'{path}' cannot be written: {error.strerror}. Free space or choose another place; "
        "finished results are kept, so the next run goes on from them."
    )


def _free(target: Path, suffix: str) -> Path:
    """The first free number after all that are taken."""
    pattern = re.compile(re.escape(target.name) + r"_(\d+)_")
    taken = [
        int(found[1]) for file in target.parent.iterdir() if (found := pattern.match(file.name))
    ]
    number = max(taken, default=0) + 1
    return target.with_name(f"{target.name}_{number:0{_NUMBER_DIGITS}}_{suffix}")
