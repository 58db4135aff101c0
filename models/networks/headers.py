"""What files of networks are, by their headers; nothing is loaded."""

from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.families.checkpoints.describing import Description, describe


class Headers:
    """Tells what the files of references are."""

    def __init__(self, names: ModelNames) -> None:
        self._model_names = names

    def described(self, reference: str) -> Description:
        """What a model is, by its name, with a digest or without; raises ModelError."""
        return describe(self._model_names.placed(reference), self._model_names.placed)
