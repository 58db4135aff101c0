"""Folders of models for transformers: looked into first, loaded quietly."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from paintgraph.models.errors import CheckpointError

_BARS = threading.Lock()


@contextmanager
def without_bars() -> Iterator[None]:
    """While this lasts, transformers draws no progress bars on the terminal."""
    import transformers.utils.logging

    logging: Any = transformers.utils.logging
    with _BARS:
        was_enabled = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            if was_enabled:
                logging.enable_progress_bar()


def check_kind(folder: Path, kinds: Sequence[str]) -> None:
    """Refuse, by a CheckpointError, a folder that holds a model of another kind."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        kind = config.get("model_type") if isinstance(config, dict) else None
    except (OSError, ValueError):
        kind = None
    if kind in kinds:
        return
    what = f"a model of kind '{kind}'" if isinstance(kind, str) else "no model of transformers"
    raise CheckpointError(
        f"folder '{folder.name}' holds {what}; needed is {' or '.join(kinds)}. Pull the model that "
        "the catalogue names, or mend the catalogue's entry."
    )
