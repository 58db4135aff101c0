"""CenterFace (Xu, Yan, Yang, He, Yang 2019, arXiv 1911.03599): a face is its middle and its size.

Of every 4x4 px the network says how likely the middle of a face is there, where in them it is, and
the logarithm of the face's height and width, in such cells.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.geometry.boxes import Boxes, suppress_overlaps
from paintgraph.imaging.geometry.resize import scale_to_fit
from paintgraph.imaging.opencv import cv2
from paintgraph.models.loading.onnx_sessions import open_network, run_network, unfit_network
from paintgraph.models.roles import Picture, check_shape

_CELL = 4  # px
_MULTIPLE = 32  # px: what the network halves five times
_LONGEST_SIDE = 1600  # px that are looked at; the time grows with the area
_MOST_OVERLAP = 0.3

_FIXED = bytes.fromhex("0a02080a 0a020803 0a020820 0a020820")
_FREE = bytes.fromhex("0a021200 0a020803 0a021200 0a021200")
"""The shape [10, 3, 32, 32] as ONNX has it, and [any, 3, any, any]: its publishers' file declares
the former for its input, though the network takes every multiple of 32."""


class CenterFace:
    """A `FaceFinder`. Make it with `load`."""

    def __init__(self, session: Any, path: Path) -> None:
        self._session = session
        self._path = path

    @classmethod
    def load(cls, path: Path, device: str, repair: str) -> "CenterFace":
        """The network of a file; `repair` is the cure that errors name.

        Raises DamagedModelError for a file that is no network.
        """
        data = path.read_bytes().replace(_FIXED, _FREE)
        return cls(open_network(path, device, repair, data), path)

    def find(self, picture: Picture, threshold: float) -> Boxes:
        """The faces in a picture; see `FaceFinder`."""
        check_shape(picture)
        height, width = picture.shape[:2]
        columns, rows = scale_to_fit(width, height, _LONGEST_SIDE, _LONGEST_SIDE)
        shown = np.zeros((_up(rows), _up(columns), 3), np.float32)
        shown[:rows, :columns] = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
        likely, sizes, offsets = self._run(shown)
        y, x = np.nonzero(likely > threshold)
        middles = np.stack([y, x], axis=1) + offsets[:, y, x].T + 0.5
        halves = np.exp(sizes[:, y, x].T) / 2
        corners = np.concatenate([middles - halves, middles + halves], axis=1)[:, [1, 0, 3, 2]]
        scale = np.array([width / columns, height / rows] * 2) * _CELL
        faces = Boxes(
            (corners * scale).astype(np.float32),
            likely[y, x],
            ("face",) * len(y),
            np.zeros(len(y), np.int64),
        )
        return suppress_overlaps(faces, _MOST_OVERLAP)

    def _run(self, shown: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """How likely `[h, w]`, sizes and offsets `[2, h, w]`, of every cell."""
        found = run_network(self._session, shown.transpose(2, 0, 1)[np.newaxis], self._path)
        cells = tuple(side // _CELL for side in shown.shape[:2])
        if [each.shape for each in found[:3]] != [(1, n, *cells) for n in (1, 2, 2)]:
            raise unfit_network(
                self._session,
                self._path,
                "a finder of faces takes a picture [1, 3, H, W] and gives, for each 4x4 px, how "
                "likely a face is, its size and its place: 1, 2 and 2 channels",
            )
        likely, sizes, offsets = (each[0] for each in found[:3])
        return likely[0], sizes, offsets


def _up(side: int) -> int:
    return -(-side // _MULTIPLE) * _MULTIPLE
