"""Nodes that name and read pictures, and want pictures written."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import orjson

from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX, Blobs
from paintgraph.engine.graph.graph import Descriptions, Metadata
from paintgraph.engine.graph.sockets import TEXT, Effect, Facts, Result, Value
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Conversion, OneOf, Output, Range, Resource, node
from paintgraph.imaging.alpha import on_colour
from paintgraph.imaging.colour_names import colour_shares
from paintgraph.imaging.files.decode import Picture, decode
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.made import FORMATS, with_made
from paintgraph.imaging.files.metadata import Metadata as Described
from paintgraph.imaging.files.metadata import described, left_out, reduced
from paintgraph.imaging.masks.selection import select_transparent
from paintgraph.imaging.samples import pixel_digest
from paintgraph.nodes.facts import REPAINT
from paintgraph.nodes.pictures.budget import PixelBudget
from paintgraph.nodes.pictures.formats import (
    BEST,
    DEEP,
    LOSSY,
    SUFFIXES,
    Format,
    Packing,
    Wanted,
    format_for,
    source_facts,
)
from paintgraph.nodes.pictures.naming import with_source
from paintgraph.nodes.resource_names import COLOUR, COLOUR_WORDS, FILE_NAME
from paintgraph.nodes.sockets import IMAGE, MASK, TURNED, Array, Image, Mask

KeptMetadata = Annotated[
    Literal["auto", Metadata],
    Resource("metadata"),
    "What is kept of what the given picture says of itself: all; colours, resolution and "
    "copyright; colours and resolution; auto: what is chosen for the run.",
]
OwnTexts = Annotated[
    bool,
    Resource("graph"),
    "Write what made the picture into a PNG or WebP file, if the run does not refuse.",
]


class LoadedImage(NamedTuple):
    """A picture and what it says of itself."""

    image: Image
    mask: Mask


@node(
    title="Load Image",
    category="image",
    keywords=("open picture", "upload", "photo", "import"),
    lane="io",
    converts=(Conversion("text", "image", "image", means="the picture that it names"),),
    see_also={"LoadListedImage": "For MapImages: its faults name the file."},
)
def load_image(
    context: Context,
    image: Annotated[
        Any, OneOf((TEXT, IMAGE)), Resource("picture"), "A picture's name or address, or a picture."
    ],
    alpha: Annotated[
        Literal["mask", "keep"], "Turn transparency into the mask, or keep it in the picture."
    ] = "mask",
    frame: Annotated[
        int,
        Range(0, 100_000),
        "Of an animation, or of a file of several pages, from 1; 0: the file must have one.",
    ] = 0,
) -> LoadedImage:
    """Read a picture from a file, an upload or an address.

    Gives an opaque picture and a mask that selects what was transparent; without transparency the
    mask selects nothing. With `alpha: keep` the picture keeps its transparency.
    """
    picture, facts = _picture(context, image, frame)
    mask = as_mask(select_transparent(picture), facts)
    if alpha == "mask" and picture.shape[3] > 3:
        picture = np.ascontiguousarray(picture[..., :3])
        facts = {name: fact for name, fact in facts.items() if name != REPAINT}
    return LoadedImage(Value(picture, facts), mask)  # type: ignore[arg-type] # both with facts


@node(
    title="Load Image (from Outputs)",
    category="image",
    keywords=("open result", "reuse result"),
    lane="io",
)
def load_image_output(
    context: Context,
    image: Annotated[
        str,
        Resource("picture"),
        "A file of the output folder, such as 'paintgraph_00001_.png [output]'.",
    ],
) -> LoadedImage:
    """Read a picture that was saved, as LoadImage does, from the name that the saving gave it.

    [output] behind the name says where it lies; without that it is a file of the input folder.
    """
    return load_image(context, image)


class SavedImages(NamedTuple):
    """What was saved."""

    images: Annotated[Image, "The same pictures."]


@node(
    title="Save Image",
    category="image",
    keywords=("write file", "export", "download"),
    lane="io",
    is_target=True,
    outputs=SavedImages,
    see_also={"SaveListedImage": "For MapImages: tells how many were written."},
)
def save_image(
    context: Context,
    images: Image,
    filename_prefix: Annotated[
        str,
        Resource(FILE_NAME),
        "Name of the file without its number; / parts folders. Filled in are %width%, %height%, "
        "%batch_num%, %source%, and the time of the job: %year% to %second%, or %date:yyyy-MM-dd%.",
    ] = "paintgraph",
    format: Annotated[  # noqa: A002
        Wanted,
        "PNG and TIFF keep all, WebP 8 bits, AVIF, HEIC and JPEG less; same is that of the "
        "picture's file, or PNG where that cannot be written or hold the picture.",
    ] = "png",
    quality: Annotated[int, Range(1, 100), "For JPEG, AVIF, HEIC, and lossy WebP."] = 95,
    numbering: Annotated[
        Literal["always", "if_taken"], "When the name of the file gets a number."
    ] = "always",
    metadata: KeptMetadata = "auto",
    graph: OwnTexts = True,  # noqa: FBT002
    source: Annotated[
        str, "Name of the file that the picture comes from; %source% is it, without its ending."
    ] = "",
    lossless: Annotated[bool, "For WebP: keep every sample; off, its quality counts."] = True,  # noqa: FBT002
    background: Annotated[
        str,
        Resource(COLOUR),
        f"What comes behind what is transparent: {COLOUR_WORDS}; nothing keeps it transparent.",
    ] = "",
) -> Result:
    """Write pictures into the output folder, at the sample depth that they were read with."""
    told = _told(metadata, graph=graph)
    prefix = with_source(filename_prefix, source)
    flat = on_colour(images, colour_shares(background)) if background else images
    packing = Packing(quality, lossless=lossless)
    written = _write(context, flat, prefix, format, packing, told, folder="output")
    is_numbered = numbering == "always"
    effects = [replace(each, is_numbered=is_numbered) for each in written.effects]
    return replace(written, values=[Value(images, context.facts("images"))], effects=effects)


class ShownImages(NamedTuple):
    """What was shown."""

    images: Annotated[Image, "The same pictures."]


@node(
    title="Preview Image",
    category="image",
    keywords=("show picture", "view"),
    lane="io",
    is_target=True,
    outputs=ShownImages,
)
def preview_image(
    context: Context,
    images: Image,
    metadata: KeptMetadata = "auto",
    graph: OwnTexts = True,  # noqa: FBT002
) -> Result:
    """Show pictures without keeping them."""
    told = _told(metadata, graph=graph)
    shown = _write(context, images, "preview", "png", BEST, told, folder="temp")
    return replace(shown, values=[Value(images, context.facts("images"))])


@node(
    title="Compare Images",
    category="image",
    keywords=("before and after", "difference"),
    lane="io",
    is_target=True,
    see_also={"SideBySide": "Makes one picture of both."},
)
def image_compare(
    context: Context,
    image_a: Annotated[Image | None, "Shown on one side."] = None,
    image_b: Annotated[Image | None, "Shown on the other side."] = None,
) -> Result:
    """Show two pictures beside each other without keeping them, or the one that there is."""
    told = Descriptions("private", graph=False)
    effects = []
    for name, images in (("image_a", image_a), ("image_b", image_b)):
        if images is not None:
            prefix, ui = f"compare_{name[-1]}", f"{name[-1]}_images"
            shown = _write(context, images, prefix, "png", BEST, told, folder="temp", name=name)
            effects += [replace(effect, ui=ui) for effect in shown.effects]
    return Result(effects=effects)


def _told(metadata: Literal["auto", Metadata], *, graph: bool) -> Descriptions:
    return Descriptions(None if metadata == "auto" else metadata, graph)


def _picture(context: Context, given: str | Array, frame: int) -> tuple[Array, Facts]:
    """Samples and facts of a picture that is named, or already there."""
    if not isinstance(given, str):
        return given, context.facts("image")
    picture = read_picture(context, given, frame)
    if picture.note:
        context.warn(picture.note)
    return picture.image, facts_of(picture)


def read_picture(context: Context, name: str, frame: int | None = None) -> Picture:
    """The decoded picture of a name that was bound to what it holds; `frame` as for `decode`."""
    if not name.startswith(PREFIX):
        raise BindError(f"'{name}' names no picture. Give a file's name.")
    budget = context.services.find(PixelBudget) or PixelBudget()
    data = context.service(Blobs).get(name)
    picture = decode(data, max_pixels=budget.most, frame=frame)
    for remark in picture.remarks:
        context.warn(f"picture: {remark}")
    return picture


def facts_of(picture: Picture) -> Facts:
    """What a saver needs to know of a picture beside its samples."""
    turned = {TURNED: picture.orientation} if picture.orientation > 1 else {}
    return {"depth": picture.depth, **source_facts(picture.format), **turned, **picture.metadata}


def as_mask(mask: Array, facts: Facts) -> Value:
    """A mask with what it shares with the picture that it comes from."""
    return Value(mask, {name: fact for name, fact in facts.items() if name in MASK.common_facts})


def _write(
    context: Context,
    images: Array,
    prefix: str,
    wanted: Wanted,
    packing: Packing,
    told: Descriptions,
    *,
    folder: str,
    name: str = "images",
) -> Result:
    """The files of the pictures at the input `name`."""
    facts = context.facts(name)
    form, reason = format_for(wanted, facts, has_alpha=images.shape[3] == 4)
    for each in (reason, *losses(form, facts, told, changes_are_known=not packing.lossless)):
        if each:
            context.warn(each)
    blobs = context.service(Blobs)
    effects = []
    for place, picture in enumerate(images):
        context.check()
        data = encode_with_facts(picture, form, facts, told, packing)
        file = _filled_in(prefix, picture, place)
        effect = Effect(blobs.put(data), file, SUFFIXES[form], folder, media_type=f"image/{form}")
        made = digest_as(picture, form, facts) if tells_of_itself(form, told) else ""
        effects.append(replace(effect, made=made))
    return Result(effects=effects, ui={REPAINT: [facts[REPAINT]]} if REPAINT in facts else None)


def _filled_in(prefix: str, picture: Array, place: int) -> str:
    """The name with what tokens say of a picture `[H, W, C]`, the one at `place` of its batch.

    Tokens of time are left: only who runs the job knows it, and results are kept across jobs.
    """
    height, width = picture.shape[:2]
    for token, number in (("width", width), ("height", height), ("batch_num", place)):
        prefix = prefix.replace(f"%{token}%", str(number))
    return prefix


NO_TEXTS: Mapping[str, str] = MappingProxyType({})


def encode_with_facts(
    picture: Array,
    form: Format,
    facts: Facts,
    told: Descriptions,
    packing: Packing = BEST,
    texts: Mapping[str, str] = NO_TEXTS,
) -> bytes:
    """The file of one picture `[H, W, C]`, with what of its facts is to be told.

    A file that tells of itself has `texts`, and as the text `repaint` the numbers of a repainted
    picture, in JSON. Nothing private is written where nobody wishes it.
    """
    data = encode(
        picture,
        format=form.upper(),  # type: ignore[arg-type] # the same names in capitals
        depth=_depth(form, facts),
        quality=packing.quality,
        lossless=packing.lossless,
        **_written(facts, told),
    )
    if REPAINT in facts:
        texts = {REPAINT: orjson.dumps(facts[REPAINT]).decode(), **texts}
    return with_made(data, texts) if tells_of_itself(form, told) else data


def tells_of_itself(form: Format, told: Descriptions) -> bool:
    """Whether a file of that format has room for what made it, and nobody refuses."""
    return form in FORMATS and told.graph is not False


def digest_as(picture: Array, form: Format, facts: Facts) -> str:
    """The digest of a picture `[H, W, C]` as a file of that format holds it."""
    return pixel_digest(picture[np.newaxis], _depth(form, facts), facts.get("icc"))


def _depth(form: Format, facts: Facts) -> Any:
    """Bits a sample of a file of that format."""
    return facts.get("depth", 8) if form in DEEP else 8


def losses(
    form: Format, facts: Facts, told: Descriptions, *, changes_are_known: bool = False
) -> list[str]:
    """What a file of that format does not keep of a picture with these facts: sentences.

    With `changes_are_known` it is not said that packing changes pixels.
    """
    found = []
    if form in LOSSY and not changes_are_known:
        found.append(f"{form.upper()} changes pixels a little when it is written. PNG does not.")
    elif facts.get("depth") == 16 and form not in DEEP:
        found.append(f"{form.upper()} holds 8 of the picture's 16 bits a sample. PNG holds all.")
    lost = left_out(_written(facts, told), form.upper())  # type: ignore[arg-type] # as above
    return [*found, lost] if lost else found


def _written(facts: Facts, told: Descriptions) -> Described:
    """What of a picture's facts is to be told beside its pixels."""
    return described(reduced(facts, told.metadata or "private"))


@node(
    title="Load Images from Folder",
    category="image/batch",
    keywords=("many pictures", "directory", "bulk"),
    lane="io",
)
def load_images_from_folder(
    folder: Annotated[str, "Inside the input folder; nothing means the input folder itself."] = "",
    pattern: Annotated[str, "Names to take, with * and ?, such as holiday*.jpg."] = "*",
    names: Annotated[
        list[str],
        Resource("folder", found_by=("folder", "pattern")),
        "The names found: leave it empty, it is filled in before a run.",
    ] = (),  # type: ignore[assignment] # as all lists in graphs
) -> Annotated[list[str], Output("names"), "For LoadImage, or for MapImages."]:
    """The names of the pictures in a folder, in the order in which people count.

    What reads the names is called once for each. Sub-folders and links are left out.
    """
    del folder, pattern
    return names
