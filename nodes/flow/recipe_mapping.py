"""Nodes that send many pictures through a recipe, a few at a time.

A node over a list of pictures runs over all of them before the next node starts, and so has all of
them in memory. MapImages makes one ApplyRecipe for each picture instead. A few of them run at the
same time, and each of the others waits until one before it has ended, well or not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

import orjson

from paintgraph.base.errors import Error
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import BOOL, FLOAT, INT, LIST, TEXT, Blocked, Result, Value
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import MULTILINE, RAW, OneOf, Output, Range, Resource, node
from paintgraph.engine.node.spreading import Given, Spreading
from paintgraph.engine.recipes.book import RecipeBook
from paintgraph.nodes.pictures import files as picture_files
from paintgraph.nodes.pictures.formats import Wanted
from paintgraph.nodes.pictures.naming import named_after
from paintgraph.nodes.recipe_calls import parse_settings, recipe_call
from paintgraph.nodes.resource_names import FILE_NAME
from paintgraph.nodes.sockets import Image

Recipe = Annotated[str, "Name of a recipe that takes an image and gives an image."]
Settings = Annotated[str, MULTILINE, 'The recipe\'s other inputs, as JSON: {"fraction": 0.25}.']
Save = Annotated[bool, "Write the result into a file instead of passing it on."]
Prefix = Annotated[str, Resource(FILE_NAME), "The files are named after it and after the pictures."]
Form = Annotated[Wanted, "Of the files; same is that of each picture's own file."]
AtOnce = Annotated[int, Range(1, 64), "How many are worked on at the same time, if they are saved."]

_WORTH_SPREADING = 8
"""Pictures from which on other jobs may take some."""


class Mapped(NamedTuple):
    """The results, if they are not saved."""

    images: list[Image]


@node(
    title="Map Images",
    category="image/batch",
    keywords=("bulk", "many pictures", "folder", "for each"),
    is_target=True,
    volatile=True,
    takes_lists=True,
    heavy=True,
    outputs=Mapped,
    see_also={
        "MapSomeImages": "What a server makes of it for several workers.",
        "ApplyRecipe": "Does it with one picture.",
    },
)
def map_images(
    context: Context,
    names: Annotated[list[Any], OneOf((TEXT, LIST)), "Names of pictures, one by one or in lists."],
    recipe_name: list[Recipe],
    settings: list[Settings] = "{}",  # type: ignore[assignment] # of each list entry
    save: list[Save] = True,  # type: ignore[assignment] # noqa: FBT002
    filename_prefix: list[Prefix] = "paintgraph",  # type: ignore[assignment]
    format: list[Form] = "png",  # type: ignore[assignment] # noqa: A002
    at_once: list[AtOnce] = 2,  # type: ignore[assignment]
) -> Result:
    """Send each of many pictures through a recipe; what fails on one leaves the others alone.

    Saves each result as soon as it is there, so that only a few pictures are in memory. Without
    `save` it passes all on, and all are in memory. What is kept of earlier runs is not done again.
    """
    # Never wanted: a name in the settings that cannot be had fails here, once, and not per picture.
    book = context.service(RecipeBook)
    unused = recipe_call(book, recipe_name[0], parse_settings(settings[0]), None)
    pictures = [name for given in names for name in ([given] if isinstance(given, str) else given)]
    common = {"recipe_name": recipe_name[0], "settings": settings[0]}
    common |= {"filename_prefix": filename_prefix[0], "format": format[0]}
    spreading = context.services.find(Spreading)
    node = context.origin.node
    if spreading and spreading.is_done(node):
        return Result([[]])
    if spreading and _can_spread(spreading, context, pictures, save=save[0]):
        inputs = {**common, "at_once": at_once[0]}
        spreading.give(Given(node, "MapSomeImages", inputs, pictures))
    if not save[0]:
        each = Node("EachText", {"texts": tuple(pictures)})
        apply = Node("ApplyRecipe", {"image": Link("each", "text"), "save": False, **common})
        return Result(
            [Link("apply", "image")], expand={"unused": unused, "each": each, "apply": apply}
        )
    return Result([[]], expand={"unused": unused, **_saved(pictures, common, at_once[0])})


def _can_spread(
    spreading: Spreading, context: Context, pictures: Sequence[str], *, save: bool
) -> bool:
    """Whether pictures can be given to other jobs, and are worth it.

    Inside recipes they are not: parts could not be told from those of other uses.
    """
    is_outermost = context.origin.node == context.origin.submitted
    return spreading.is_open and save and is_outermost and len(pictures) >= _WORTH_SPREADING


def _saved(
    pictures: Sequence[str], common: Mapping[str, Any], at_once: int, first: int = 0
) -> dict[str, Node]:
    """A use of ApplyRecipe for each picture, by its number; a few at a time."""
    expand = {}
    for place, name in enumerate(pictures):
        inputs = {"image": name, **common}
        if place >= at_once:
            inputs["after"] = Link(str(first + place - at_once), "saved")
        expand[str(first + place)] = Node("ApplyRecipe", inputs)
    return expand


@node(
    title="Map Some Images",
    category="image/batch",
    is_target=True,
    volatile=True,
    heavy=True,
    see_also={"MapImages": "For graphs of your own."},
)
def map_some_images(
    context: Context,
    names: Annotated[list[str], "Names of pictures."],
    recipe_name: Recipe,
    settings: Settings = "{}",
    filename_prefix: Prefix = "paintgraph",
    format: Form = "png",  # noqa: A002
    at_once: AtOnce = 2,
    first: Annotated[int, Range(0, 2**31), "Which picture of all the first one is."] = 0,
) -> Result:
    """Send some pictures of a MapImages through its recipe: what one of several workers does."""
    book = context.service(RecipeBook)
    unused = recipe_call(book, recipe_name, parse_settings(settings), None)
    common = {"recipe_name": recipe_name, "settings": settings}
    common |= {"filename_prefix": filename_prefix, "format": format}
    return Result([], expand={"unused": unused, **_saved(names, common, at_once, first)})


class Applied(NamedTuple):
    """The result, or how many files it was saved in."""

    image: Image
    saved: int


@node(
    title="Apply Recipe",
    category="image/batch",
    keywords=("run recipe",),
    is_target=True,
    volatile=True,
    heavy=True,
    outputs=Applied,
    see_also={"MapImages": "Does it with many pictures."},
)
def apply_recipe(
    context: Context,
    image: Annotated[str, "Name of a picture."],
    recipe_name: Recipe,
    settings: Settings = "{}",
    save: Save = True,  # noqa: FBT002
    filename_prefix: Prefix = "paintgraph",
    format: Form = "png",  # noqa: A002
    after: Annotated[Any, RAW, "Waits until this is there, or has failed."] = None,
) -> Result:
    """Send a picture through a recipe, and save the result or pass it on."""
    del after
    # A file's name is shown in messages but changes no pixel, so it has no part in keys.
    named = {"image": image, "name": Value(image, key="name")}
    book, given = context.service(RecipeBook), parse_settings(settings)
    expand = {
        "picture": Node("LoadListedImage", named),
        "work": recipe_call(book, recipe_name, given, Link("picture", "image")),
    }
    if not save:
        return Result([Link("work", "image"), 0], expand=expand)
    saving = {"filename_prefix": named_after(image, filename_prefix), "format": format}
    expand["saved"] = Node("SaveListedImage", {"images": Link("work", "image"), **saving})
    return Result([Blocked(), Link("saved", "files")], expand=expand)


@node(
    title="Load Listed Image",
    category="image/batch",
    lane="io",
    see_also={"LoadImage": "For graphs of your own."},
)
def load_listed_image(
    context: Context,
    image: Annotated[str, Resource("picture"), "What is read."],
    name: Annotated[str, "What messages call it."],
) -> Image:
    """Read one of many pictures, with its transparency; a fault names the file."""
    try:
        return picture_files.load_image(context, image, "keep").image
    except Error as error:
        raise Error(f"'{name}': {error}", code=error.code) from error


class Saved(NamedTuple):
    """How many files were written."""

    files: int


@node(
    title="Save Listed Image",
    category="image/batch",
    lane="io",
    outputs=Saved,
    see_also={"SaveImage": "For graphs of your own."},
)
def save_listed_image(
    context: Context,
    images: Image,
    filename_prefix: Prefix,
    format: Form = "png",  # noqa: A002
    metadata: picture_files.KeptMetadata = "auto",
    graph: picture_files.OwnTexts = True,  # noqa: FBT002
) -> Result:
    """Write pictures as SaveImage does, and say how many once they are written."""
    written = picture_files.save_image(
        context, images, filename_prefix, format, metadata=metadata, graph=graph
    )
    return replace(written, values=(len(images),))


@node(title="Add Setting", category="logic", keywords=("recipe settings",))
def add_setting(
    name: Annotated[str, "Name of the recipe's input."],
    value: Annotated[
        Any,
        OneOf((LIST, BOOL, INT, FLOAT, TEXT)),
        "A number, a text, true or false, or a list of them.",
    ],
    settings: Annotated[str, MULTILINE, "To which it is added."] = "{}",
) -> Annotated[str, Output("settings")]:
    """Add an input of a recipe to the settings for MapImages or ApplyRecipe."""
    return orjson.dumps({**parse_settings(settings), name: value}).decode()
