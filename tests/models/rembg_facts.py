"""What the installed rembg would download for each local session: the catalogue's source."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock


@dataclass(frozen=True, slots=True)
class Fetch:
    """One download: name of the file, address, digest."""

    path: str
    url: str
    digest: str


def local_sessions() -> Iterator[tuple[str, Any]]:
    """The sessions that keep pictures on this machine, by name."""
    from rembg.sessions import sessions

    return ((name, session) for name, session in sessions.items() if session.is_local())


def fetches(session: Any) -> list[Fetch]:
    """What a session class downloads where nothing is there; nothing leaves this machine."""
    import pooch  # type: ignore[import-untyped]

    found = []

    def retrieve(url: str, known_hash: str, fname: str, **_: object) -> None:
        found.append(Fetch(fname, url, known_hash))

    with (
        tempfile.TemporaryDirectory() as home,
        mock.patch.dict(os.environ, {"U2NET_HOME": home}),
        mock.patch.object(pooch, "retrieve", retrieve),
    ):
        session.download_models()
    return found


def is_custom(session: Any) -> bool:
    """Whether a session runs files that its user brings."""
    try:
        fetches(session)
    except ValueError as error:
        return "model_path" in str(error)
    except ImportError:  # it converts another model, with packages that are not installed
        return False
    return False
