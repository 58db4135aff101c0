"""Files that are there whole or not at all, even after a crash."""

import os
import secrets
from pathlib import Path

PART = ".part"
"""How the name of a file ends that is still being written; it begins with a dot."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, or replace it, at one stroke; raises OSError."""
    part = path.with_name(f".{secrets.token_hex(8)}{PART}")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
