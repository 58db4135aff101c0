"""A network of PaddleOCR that says where the cores of lines of writing are (DB, Liao 2020)."""

from pathlib import Path
from typing import Any

import numpy as np

from paintgraph.imaging.opencv import cv2
from paintgraph.models.loading.onnx_sessions import open_network, run_network, unfit_network
from paintgraph.models.roles import Picture, Samples, check_shape

_MULTIPLE = 32  # px: what the network halves five times
_SHORTER_SIDE = 736  # px at least, as the network was made for
_LONGEST_SIDE = 2016  # px at most: the time grows with the area


class WritingDetector:
    """A `WritingFinder`. Make it with `load`."""

    def __init__(self, session: Any, path: Path) -> None:
        self._session = session
        self._path = path

    @classmethod
    def load(cls, path: Path, device: str, repair: str) -> "WritingDetector":
        """The network of a file; `repair` is the cure that errors name.

        Raises DamagedModelError for a file that is no network.
        """
        return cls(open_network(path, device, repair), path)

    def find(self, picture: Picture) -> Samples:
        """How likely each place is the core of a line; see `WritingFinder`."""
        check_shape(picture)
        sides = picture.shape[:2]
        scale = min(max(1, _SHORTER_SIDE / min(sides)), _LONGEST_SIDE / max(sides))
        height, width = (max(1, round(side * scale / _MULTIPLE)) * _MULTIPLE for side in sides)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        # The network was taught with blue first, and with samples from -1 to 1.
        shown = cv2.resize(picture, (width, height), interpolation=how)[..., ::-1]
        given = shown.transpose(2, 0, 1)[np.newaxis].astype(np.float32) / 127.5 - 1
        (likely, *_) = run_network(self._session, given, self._path)
        if likely.shape != (1, 1, height, width):
            raise unfit_network(
                self._session,
                self._path,
                "a finder of writing takes a picture [1, 3, H, W] and gives how likely each px is "
                "of a line, [1, 1, H, W]",
            )
        found: Samples = likely[0, 0]
        return found
