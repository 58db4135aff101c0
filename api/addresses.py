"""Where clients find pictures: a path, signed if keys are set, so that a plain GET can fetch it."""

import time
from dataclasses import dataclass

from paintgraph.api.guards.signing import Signer
from paintgraph.api.pictures import IMAGES_URL

_HOUR = 3600
_OPEN_HOURS = 24


@dataclass(frozen=True, slots=True)
class Addresses:
    """Gives pictures' addresses. With a signer they stay open for at least a day."""

    signer: Signer | None = None

    def of(self, digest: str) -> str:
        """The address of a picture, relative to the server; the same one for an hour."""
        return self.open(IMAGES_URL + digest)

    def open(self, path: str) -> str:
        """A path of the server that a plain GET can fetch; the same one for an hour."""
        if self.signer is None:
            return path
        return self.signer.sign(path, (int(time.time()) // _HOUR + _OPEN_HOURS + 1) * _HOUR)
