"""Which sides of the photos cut a thing, as seen by eye before anything was tried on them.

A thing is what a person would name when asked what the photo shows, and has an end: an animal, a
person, a house, a pot. Ground, sky, water, woods, mountains, walls and other textures go on, so
that a side may cut them. `unsure` are sides where two people would not agree: a trunk of which only
bark is seen, a wire, what ends less than a hundredth before the side, a small thing behind.
`tune` and `hold` are as in `cases`; photos that are in none alternate by name.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from paintgraph.benchmarks.pictures.cases import Split

Side: TypeAlias = Literal["left", "top", "right", "bottom"]
SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")


class Seen(NamedTuple):
    """What the sides of a photo cut, by first letters: `ltrb` are all of them."""

    split: Split
    cut: str = ""
    unsure: str = ""


SEEN: Mapping[str, Seen] = {
    "aloe": Seen("tune", "ltr", "b"),
    "astronaut": Seen("tune", "lb", "tr"),
    "barrier": Seen("tune", "l", "t"),
    "brick": Seen("tune"),
    "bridge": Seen("tune", "", "ltrb"),
    "brushes": Seen("tune", "ltb", "r"),
    "building": Seen("tune", "tr", "l"),
    "chelsea": Seen("tune", "ltb"),
    "drops": Seen("tune", "ltb", "r"),
    "fruits": Seen("tune", "ltrb"),
    "galleries": Seen("tune", "ltrb"),
    "grass": Seen("tune"),
    "gravel": Seen("tune"),
    "kleiber": Seen("tune", "", "ltb"),
    "lake": Seen("tune", "", "lr"),
    "leuven": Seen("tune", "lr", "t"),
    "meadow": Seen("tune"),
    "messi": Seen("tune"),
    "moss": Seen("tune"),
    "mountain": Seen("tune", "", "r"),
    "notice": Seen("tune", "lb", "r"),
    "path": Seen("tune"),
    "pencil": Seen("tune"),
    "picos": Seen("tune"),
    "rocket": Seen("tune", "", "ltrb"),
    "squirrel": Seen("tune", "rb", "t"),
    "sunset": Seen("tune", "b"),
    "water": Seen("tune", "", "lrb"),
    "wings": Seen("tune", "b"),
    "baboon": Seen("hold", "tb", "lr"),
    "blade": Seen("hold"),
    "boats": Seen("hold", "lr"),
    "brook": Seen("hold"),
    "butterfly": Seen("hold", "", "ltrb"),
    "coffee": Seen("hold", "", "b"),
    "copies": Seen("hold", "", "ltrb"),
    "dragonfly": Seen("hold", "", "b"),
    "drum": Seen("hold", "", "ltr"),
    "dune": Seen("hold"),
    "fig": Seen("hold", "", "trb"),
    "friends": Seen("hold", "", "ltrb"),
    "generator": Seen("hold", "lt", "rb"),
    "home": Seen("hold", "rb"),
    "jetty": Seen("hold", "b", "lr"),
    "kite": Seen("hold"),
    "ladybird": Seen("hold", "", "ltrb"),
    "leaf": Seen("hold"),
    "planks": Seen("hold"),
    "plant": Seen("hold", "tb", "lr"),
    "robin": Seen("hold", "b"),
    "storm": Seen("hold"),
    "town": Seen("hold"),
    "toy": Seen("hold", "lt", "r"),
    "tree": Seen("hold"),
    "whale": Seen("hold", "lrb", "t"),
}
