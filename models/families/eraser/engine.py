"""Networks that erase, such as LaMa and MI-GAN, as engines: they paint without a prompt."""

from collections.abc import Callable
from functools import partial

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import Placed
from paintgraph.models.families.eraser.network import EraserNetwork, open_eraser
from paintgraph.models.families.eraser.options import EraserOptions
from paintgraph.models.inpainting.protocols import InpaintRequest, ResizedResult
from paintgraph.models.loading.devices import DeviceRules, Placement, onnx_devices
from paintgraph.models.loading.loaded import LoadedModels, Loading
from paintgraph.models.loading.loaded_work import Result, perform
from paintgraph.models.loading.onnx_networks import memory_bytes


class ErasingModels:
    """The erasers that names mean, and how they are loaded and lent."""

    def __init__(self, names: ModelNames, loaded: LoadedModels, rules: DeviceRules) -> None:
        self._names = names
        self._loaded = loaded
        self._rules = rules

    def has(self, name: str) -> bool:
        """Whether a name, alone or with a digest, is that of an eraser."""
        return name.partition("@")[0] in self._names.choices("eraser")

    def engine(self, ref: ModelRef, listening: Listening = SILENT) -> "Eraser":
        """The engine that paints with a model, which is loaded to see at which size it works.

        Raises ModelError if its file cannot be used.
        """
        return Eraser(self, ref, self.run(ref, lambda network: network.working_side, listening))

    def run(
        self, ref: ModelRef, work: Callable[[EraserNetwork], Result], listening: Listening
    ) -> Result:
        """What `work` makes with the loaded network."""
        placed = self._names.placed(ref.name)
        return perform(
            self._loaded,
            Loading(str(ref), memory_bytes(placed), partial(_load, placed)),
            onnx_devices(self._rules).placement(str(placed.entry.options.get("device", ""))),
            work,
            listening=listening,
        )


class Eraser(ResizedResult):
    """One network as an `Inpainter`; of a request it has no use for anything."""

    copies_surroundings = False
    least_side = 1  # what is smaller than the network's picture is continued, not enlarged
    size_multiple = 1

    def __init__(self, models: ErasingModels, ref: ModelRef, side: int) -> None:
        self.name = ref.name
        self.working_side = side
        self.working_pixels = side**2
        self._models = models
        self._ref = ref
        self._has_warned = False

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,
        *,
        avoid: Mask | None = None,  # noqa: ARG002 - nothing is copied
    ) -> Image:
        """Paint what the mask selects; see `Inpainter`."""
        if request.prompt and not self._has_warned:
            self._has_warned = True
            listening.warn(f"The engine '{self.name}' only erases; it reads no prompt.")
        listening.check()
        painted = self._models.run(self._ref, lambda net: net.paint(image, mask), listening)
        listening.progress(1, 1)
        return painted


def _load(placed: Placed, placement: Placement) -> EraserNetwork:
    from paintgraph.models.catalogue.model_index import cure_in_words

    options = EraserOptions.of(placed.entry)
    return open_eraser(placed.file, placement.device, options, cure_in_words(placed.entry))
