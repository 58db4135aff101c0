"""The models of this machine: the shipped families and entries, and what its user added."""

import os
from collections.abc import Mapping
from pathlib import Path

from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.families import FAMILIES


def open_index(
    models_dir: Path, environ: Mapping[str, str] = os.environ, *, with_own: bool = True
) -> ModelIndex:
    """The shipped models and, `with_own`, those of a models folder; raises CatalogueError."""
    catalogue = ModelCatalogue.load(FAMILIES, models_dir if with_own else None)
    return ModelIndex(catalogue, ModelPlaces(FAMILIES, models_dir, environ))
