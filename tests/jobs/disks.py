"""Small disks that are really full, or really read-only."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir()
    mount = ["/bin/mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not Path(mount[0]).exists():
        pytest.skip("needs to be root, and /bin/mount, for a small disk")
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs to be allowed to mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> list[Path]:
    """Use up all space; gives the files that do."""
    fillers = []
    for number, block in enumerate((1 << 20, 1 << 12, 1)):
        path = folder / f"filler{number}"
        fillers.append(path)
        with suppress(OSError), path.open("wb", buffering=0) as file:
            while file.write(b"x" * block):
                pass
    return fillers


def remount(folder: Path, options: str) -> None:
    """Mount a small disk again with other options, such as "ro"."""
    command = ("/bin/mount", "-o", f"remount,{options}", str(folder))
    subprocess.run(command, check=True)
