"""rembg's own session classes, opened with a file that is there: no path leads to a download."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL.Image import Image as PilImage

from paintgraph.base.words import first_line
from paintgraph.models.errors import ModelError, RefusedModelError
from paintgraph.models.loading.devices import onnx_providers
from paintgraph.models.loading.loaded_work import is_out_of_memory
from paintgraph.models.loading.onnx_networks import (
    damaged_file,
    is_onnx_error,
    session_options,
)
from paintgraph.models.roles import Picture

_CATEGORIES = {"any": "attire"}


class Session(Protocol):
    """What is used of rembg's sessions."""

    inner_session: Any

    def predict(self, img: PilImage, **options: str) -> list[PilImage]:
        """Masks of a picture, each of its size, 8-bit grey."""


class SubjectSession:
    """A `SubjectFinder`. Make it with `load`."""

    def __init__(self, session: Session, path: Path, kind: str) -> None:
        self._session = session
        self._path = path
        self._kind = kind

    @classmethod
    def load(
        cls, kind: str, path: Path, device: str, repair: str, refused: Collection[str]
    ) -> "SubjectSession":
        """The session of this kind over an ONNX file; see `open_session`."""
        return cls(open_session(kind, path, device, repair, refused), path, kind)

    def find(self, picture: Picture, category: str) -> NDArray[np.uint8] | None:
        """The 8-bit mask of what stands out; see `SubjectFinder`."""
        chosen = _CATEGORIES.get(category, category)
        image = Pillow.fromarray(picture)
        return predict(self._session, image, self._path, self._kind, cloth_category=chosen)


def open_session(
    kind: str, path: Path, device: str, repair: str, refused: Collection[str]
) -> Session:
    """The session of rembg that has the name `kind`, over an ONNX file.

    `repair` is the cure that errors name, `refused` are kinds that are never opened. Raises
    ModelError for a class that is not there or works elsewhere, and for a file that is no ONNX
    model.
    """
    from rembg.sessions import sessions

    found = sessions.get(kind)
    if found is None or kind in refused or not found.is_local():
        offered = ", ".join(name for name in sessions if name not in refused)
        raise RefusedModelError(
            f"rembg's session '{kind}' cannot be used here; allowed are {offered}. Name one."
        )
    # The class is rembg's own but for where its file comes from: never from the network.
    local = type(found.__name__, (found,), {"download_models": _always(path)})
    try:
        session = local(
            kind, session_options(), providers=onnx_providers(device), model_path=str(path)
        )
    except Exception as error:
        if is_out_of_memory(error) or not is_onnx_error(error):
            raise
        raise damaged_file(path, error, repair) from error
    return cast("Session", session)


def _always(path: Path) -> Any:
    def download_models(_: type, /, *_args: object, **_options: object) -> str:
        return str(path)

    return classmethod(download_models)


def predict(
    session: Session, picture: PilImage, path: Path, kind: str, **options: str
) -> NDArray[np.uint8] | None:
    """The 8-bit mask `[H, W]` of a picture, or None if the model's answer is the same everywhere.

    Raises ModelError if the network is not one for this kind of session.
    """
    is_flat = False

    def divided_by_zero(*_: object) -> None:
        nonlocal is_flat
        is_flat = True

    try:
        with np.errstate(invalid="call", divide="call", call=divided_by_zero):
            (mask, *_) = session.predict(picture, **options)
    except (IndexError, TypeError, ValueError) as error:
        raise _unfit(session, path, kind, error) from error
    except Exception as error:
        if is_out_of_memory(error) or not is_onnx_error(error):
            raise
        raise _unfit(session, path, kind, error) from error
    return None if is_flat else np.asarray(mask)


def _unfit(session: Session, path: Path, kind: str, error: Exception) -> ModelError:
    inputs = ", ".join(f"{i.name} {i.shape}" for i in session.inner_session.get_inputs())
    outputs = ", ".join(f"{o.name} {o.shape}" for o in session.inner_session.get_outputs())
    return ModelError(
        f"'{path}' is no network for rembg's session '{kind}': it takes {inputs} and gives "
        f"{outputs} ({first_line(error)}). Name the session that it was made for, or bring "
        "another file.",
        code="unfit_model",
    )
