"""What can go wrong with models: their names, their files, downloads, and the work of engines."""

from paintgraph.base.errors import Error


class EngineFailedError(Error):
    """An engine that could not finish its work."""

    code = "engine_failed"


class ModelError(Error):
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


class PictureShapeError(ModelError):
    """A picture that a model cannot look at."""

    code = "bad_picture_shape"


class CheckpointError(ModelError):
    """A file that does not hold the weights that it should."""

    code = "bad_checkpoint"


class MissingPackageError(ModelError):
    """A package that an optional part of paintgraph needs."""

    code = "missing_package"


class SamplingError(ModelError):
    """A number that nothing can be sampled with."""

    code = "bad_sampling"


class LoraError(ModelError):
    """A LoRA that does not fit the model."""

    code = "bad_lora"


class PipelineError(ModelError):
    """A folder or file that no pipeline can be loaded from."""

    code = "bad_pipeline"


class SamplerError(ModelError):
    """A sampler or schedule that does not go with a model."""

    code = "bad_sampler"


class WeightsError(ModelError):
    """Weights that cannot be used; the message names the file, what is wrong, and the cure."""

    code = "bad_weights"


class PromptError(ModelError):
    """Words that cannot be looked for."""

    code = "bad_prompt"
