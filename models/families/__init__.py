"""The families of models: each a folder here that gives one object, and one line in this list."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from paintgraph.models.catalogue.family import Families
from paintgraph.models.families import (
    checkpoints,
    diffusion,
    dino,
    eraser,
    faces,
    fsr,
    patchmatch,
    rembg,
    sam,
    surroundings,
    telea,
    upscale,
    writing,
)

if TYPE_CHECKING:
    from paintgraph.models.catalogue.model_index import ModelIndex

FAMILIES = Families(
    rembg.FAMILY,
    sam.FAMILY,
    dino.FAMILY,
    faces.FAMILY,
    writing.FAMILY,
    surroundings.FAMILY,
    patchmatch.FAMILY,
    fsr.FAMILY,
    telea.FAMILY,
    eraser.FAMILY,
    diffusion.FAMILY,
    checkpoints.LORA,
    checkpoints.VAE,
    upscale.FAMILY,
    checkpoints.CHECKPOINTS,
    checkpoints.DENOISERS,
    checkpoints.TEXT_ENCODERS,
    checkpoints.CONTROLNETS,
    checkpoints.EMBEDDINGS,
)
"""All of them; of one kind the first is the default."""


def open_index(
    models_dir: Path, environ: Mapping[str, str] = os.environ, *, with_own: bool = True
) -> "ModelIndex":
    """The models of this machine: the shipped and, `with_own`, those of a models folder.

    Raises CatalogueError for entries of its user that cannot be read.
    """
    from paintgraph.models.catalogue.catalogue import ModelCatalogue
    from paintgraph.models.catalogue.model_index import ModelIndex
    from paintgraph.models.catalogue.places import ModelPlaces

    places = ModelPlaces(FAMILIES, models_dir, environ)
    own = models_dir if with_own else None
    return ModelIndex(ModelCatalogue.load(FAMILIES, own, places.in_comfyui), places)
