"""The families of models: each a folder here that gives one object, and one line in this list."""

from paintgraph.models.catalogue.family import Families
from paintgraph.models.families import diffusion, dino, eraser, patchmatch, rembg, sam, telea

FAMILIES = Families(
    rembg.FAMILY,
    sam.FAMILY,
    dino.FAMILY,
    patchmatch.FAMILY,
    telea.FAMILY,
    eraser.FAMILY,
    diffusion.FAMILY,
    diffusion.LORA,
    diffusion.VAE,
)
"""All of them; of one kind the first is the default."""
