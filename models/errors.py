"""What can go wrong with models: their names, their files, downloads, and the work of engines."""

from paintgraph.imaging.errors import ImagingError


class EngineFailedError(ImagingError):
    """An engine that could not finish its work."""

    code = "engine_failed"


class ModelError(ImagingError):
    """A model that cannot be had or used."""

    code = "bad_model"


class UnknownModelError(ModelError):
    """A name that the catalogue does not have."""

    code = "unknown_model"


class CatalogueError(ModelError):
    """A catalogue that cannot be read; the message names file, line and column."""

    code = "bad_catalogue"


class DeviceError(ModelError):
    """A device that is not there, or samples that are not known."""

    code = "bad_device"


class OutOfMemoryError(ModelError):
    """A model that needs more memory than there is."""

    code = "out_of_memory"


class MissingModelError(ModelError):
    """A model whose files are not there; the message has size, licence and the command."""

    code = "missing_model"


class DamagedModelError(ModelError):
    """A model file that is not what it should be; the message has the command that repairs it."""

    code = "damaged_model"


class DownloadError(ModelError):
    """A download that cannot be finished; what came so far is kept where it is of use."""

    code = "download_failed"


class OfflineError(ModelError):
    """A connection that is not wanted."""

    code = "offline"


class RefusedModelError(ModelError):
    """A model that is known but not offered, with the reason."""

    code = "model_refused"
