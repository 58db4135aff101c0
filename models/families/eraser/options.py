"""What the catalogue says of an eraser, as its file does not."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.catalogue.readiness import bad_option

MaskMeaning: TypeAlias = Literal["hole", "known"]
"""What the highest value of a network's mask selects: what is to be painted, or what is kept."""


@dataclass(frozen=True, slots=True)
class EraserOptions:
    """What the mask means, and which value is white where a network gives floats."""

    mask: MaskMeaning = "hole"
    output_scale: float = 1.0

    @classmethod
    def of(cls, entry: ModelEntry) -> "EraserOptions":
        """The options of a catalogue's entry; raises ModelError."""
        mask = entry.options.get("mask", "hole")
        scale = entry.options.get("output_scale", 1)
        if mask not in get_args(MaskMeaning):
            raise bad_option(entry, "mask", " and ".join(get_args(MaskMeaning)))
        if isinstance(scale, bool) or scale not in (1, 255):
            raise bad_option(entry, "output_scale", "1 and 255")
        return cls(mask, float(scale))
