"""Masks of what stands out in a picture, by rembg; each model stays loaded between pictures."""

from functools import partial
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.samples import quantise
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import Placed
from paintgraph.models.families.rembg.sessions import Session, open_session, predict
from paintgraph.models.loading.devices import DeviceRules, Placement, onnx_devices
from paintgraph.models.loading.loaded import LoadedModels, Loading
from paintgraph.models.loading.loaded_work import perform
from paintgraph.models.loading.onnx_networks import memory_bytes

Category: TypeAlias = Literal["any", "full", "upper", "lower"]
"""Clothes: any of them, one piece for the whole body (a dress), of the upper, the lower body."""

_REMBG_CATEGORIES = {"any": "attire"}


class RembgMasks:
    """Selects by rembg's sessions, over the files that names mean, with models that are lent."""

    def __init__(self, names: ModelNames, loaded: LoadedModels, rules: DeviceRules) -> None:
        self._names = names
        self._loaded = loaded
        self._rules = rules

    def select(
        self,
        ref: ModelRef,
        image: Image,
        category: Category = "any",
        listening: Listening = SILENT,
    ) -> Mask:
        """The soft mask `[B, H, W]` of each picture: multiples of 1/255, as rembg gives them.

        The network sees 8 bits of red, green and blue; alpha is left out. `category` counts for
        networks that tell clothes apart. Raises ModelError if the model cannot be used.
        """
        placed = self._names.placed(ref.name)
        entry = placed.entry
        kind = str(entry.options.get("session", entry.name))

        def work(session: Session) -> Mask:
            mask = np.zeros(image.shape[:3], np.float32)
            for index, picture in enumerate(image):
                listening.check()
                listening.progress(index, len(image))
                found = _select(session, picture, placed, kind, category)
                if found is None:
                    listening.warn(
                        f"The model '{entry.name}' finds nothing that stands out"
                        f"{f' in picture {index}' if len(image) > 1 else ''}, so the mask selects "
                        "nothing. Try another model."
                    )
                else:
                    np.divide(found, np.float32(255), out=mask[index])
            return mask

        return perform(
            self._loaded,
            Loading(str(ref), memory_bytes(placed), partial(_load, placed, kind)),
            onnx_devices(self._rules).placement(str(entry.options.get("device", ""))),
            work,
            listening=listening,
        )


def _load(placed: Placed, kind: str, placement: Placement) -> Session:
    from paintgraph.models.catalogue.model_index import cure_in_words

    return open_session(kind, placed.file, placement.device, cure_in_words(placed.entry))


def _select(
    session: Session, picture: NDArray[np.float32], placed: Placed, kind: str, category: Category
) -> NDArray[np.uint8] | None:
    rgb = Pillow.fromarray(np.ascontiguousarray(quantise(picture[..., :3])))
    chosen = _REMBG_CATEGORIES.get(category, category)
    return predict(session, rgb, placed.file, kind, cloth_category=chosen)
