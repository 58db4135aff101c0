"""What can go wrong while an engine paints."""

from imaging.errors import ImagingError


class EngineFailedError(ImagingError):
    """An engine that could not finish its work."""

    code = "engine_failed"
