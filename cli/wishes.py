"""Options of `paintgraph run` in groups: how result files are written, which pictures are taken.

A recipe's own input of the same name, such as `background`, stands before the option.
"""

import dataclasses
from collections.abc import Container
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import typer

IfExists = Literal["skip", "overwrite", "number"]
IF_EXISTS: tuple[IfExists, ...] = ("skip", "overwrite", "number")
PAIRINGS = ("name", "number")


@dataclass(frozen=True, slots=True)
class Writing:
    """How result files are written."""

    if_exists: Annotated[
        str | None,
        typer.Option(
            metavar="skip|overwrite|number",
            help="What to do about a result's file that is there: skip what was made of the same "
            "pictures and options, overwrite it, or give the new one a number. Skip is the "
            "default for many pictures; one picture's file is overwritten, unless it is an input.",
        ),
    ] = None
    quality: Annotated[
        str | None,
        typer.Option(
            metavar="1..100",
            help="How well JPEG, WebP, AVIF and HEIC keep pixels; by default 95, and WebP keeps "
            "all.",
        ),
    ] = None
    background: Annotated[
        str | None,
        typer.Option(
            metavar="COLOUR",
            help="What comes behind transparent results: white, '#fff' or another colour of CSS; "
            "transparent leaves them so.",
        ),
    ] = None
    concat: Annotated[
        bool,
        typer.Option(
            "--concat",
            help="Write the given picture and its result side by side; -o after=FILE has the "
            "result alone, too.",
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class Gathering:
    """Which pictures are taken, and which belong together."""

    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Take the pictures of sub-folders, too.")
    ] = False
    pair: Annotated[
        str,
        typer.Option(
            metavar="name|number",
            help="How pictures of several inputs belong together: by equal names without suffix, "
            "or by the last number in them.",
        ),
    ] = "name"
    skip_unpaired: Annotated[
        bool,
        typer.Option("--skip-unpaired", help="Leave out what has no partner; else it is an error."),
    ] = False
    scale_masks: Annotated[
        bool, typer.Option("--scale-masks", help="Stretch masks to the size of their picture.")
    ] = False
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Go on with what comes into the folders, until Ctrl-C."),
    ] = False
    frame: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="Which frame of an animated GIF, WebP or PNG is taken, or which page of a TIFF, "
            "from 1.",
        ),
    ] = None
    frames: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Take raw frames of this size (rgb24) from standard input, written -, and give "
            "raw frames. Masks in a folder belong to frames by number, from 1.",
        ),
    ] = None


Group = TypeVar("Group", Writing, Gathering)


def yielded(group: Group, inputs: Container[str]) -> tuple[Group, tuple[str, ...]]:
    """The group without options that a recipe has inputs for, and those as the recipe's options."""
    own: list[str] = []
    defaults: dict[str, Any] = {}
    for field in dataclasses.fields(group):
        value = getattr(group, field.name)
        if field.name in inputs and value != field.default:
            defaults[field.name] = field.default
            option = f"--{field.name.replace('_', '-')}"
            own += [option] if value is True else [option, str(value)]
    return dataclasses.replace(group, **defaults), tuple(own)
