"""`python -m paintgraph.benchmarks.recipe_pictures`: recipes before and after, to look at.

Writes `docs/gallery/recipes.md` and its pictures. Recipes that look for a subject, faces or writing
want small models, which `paintgraph models pull u2netp centerface ch_PP-OCRv4_det` gets.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from PIL import Image as Pillow
from PIL import ImageDraw
from skimage import data

import paintgraph

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_HEIGHT = 300  # px
_QUALITY = 82
_GROUND = (120, 190, 130)  # seen through what is transparent
_MODEL = {"model": "u2netp"}
_BORDER = 8  # px
_INTRODUCTION = """# Recipes, before and after

Made by `python -m paintgraph.benchmarks.recipe_pictures`, by the commands above the pictures. What
is transparent is green. Subjects were found by `u2netp`, the smallest of the mask models; the
finer `isnet-general-use` is taken where it is. Faces were found by `centerface`, writing by
`ch_PP-OCRv4_det`. Photographs: scikit-image's astronaut (NASA, public domain), rocket (SpaceX,
public domain), coffee and chelsea (CC0), and a part of `stuff.jpg` of OpenCV's samples
(Apache-2.0). The poster is the coffee with writing on it.

Recipes without a picture here: `erase_by_text`, `replace_by_text`, `mask_by_text` and
`mask_by_points` (Grounding DINO, Segment Anything), `replace_object`, `modify_content` and
`improve_detail` (diffusion) and `upscale` want weights that were not at hand. `scale_mask`,
`grow_mask` and `grow_and_soften_mask` change a mask only, `replace_background_by_mask` is
`replace_background` with a mask of yours, and `batch_outpaint` is `outpaint` over a folder.
"""


class Case(NamedTuple):
    """A recipe, the photo that it is given, and its other inputs."""

    recipe: str
    photo: str
    inputs: Mapping[str, Any]
    about: str


CASES: Sequence[Case] = (
    Case(
        "erase_object",
        "rocket.png",
        {"box": [300, 110, 350, 410]},
        "What is in the box goes; what surrounds it is copied.",
    ),
    Case(
        "inpaint",
        "rocket.png",
        {"mask": "rocket_mask.png", "grow": 4},
        "The same by a mask; not a pixel outside of it changes.",
    ),
    Case("outpaint", "coffee.png", {"sides": ["left", "right"]}, "A third more on both sides."),
    Case(
        "outpaint_far",
        "rocket.png",
        {"left": 400, "right": 400},
        "Much more, block by block: the towers that the sides cut become a pattern. So far away "
        "a model is better.",
    ),
    Case(
        "outpaint_to_size",
        "chelsea.png",
        {"width": 600, "height": 300, "anchor": "right"},
        "To an exact size. Without a model the cat's fur is repeated: what is cut by an edge is "
        "not understood.",
    ),
    Case("generate_mask", "astronaut.png", _MODEL, "White is the subject."),
    Case("cut_out", "astronaut.png", _MODEL, "Hair is found anew, and no rim stays."),
    Case("remove_background", "chelsea.png", _MODEL, "Quicker; the edge is the model's own."),
    Case(
        "replace_background",
        "astronaut.png",
        {"background": "coffee.png", **_MODEL},
        "Before another picture.",
    ),
    Case(
        "remove_background_by_mask",
        "rocket.png",
        {"mask": "rocket_mask.png"},
        "By a mask of yours: white stays.",
    ),
    Case("blur_background", "astronaut.png", {"radius": 12, **_MODEL}, "The subject stays sharp."),
    Case(
        "passport_photo",
        "astronaut.png",
        {"head": [165, 10, 280, 215], **_MODEL},
        "The box goes from the crown to the chin.",
    ),
    Case("extend_to_ratio", "coffee.png", {"ratio": "16:9"}, "Nothing of the photo is cut."),
    Case(
        "extend_to_ratio",
        "coffee.png",
        {"ratio": "1:1"},
        "For a post; at the bottom the shadow of the saucer is continued.",
    ),
    Case(
        "extend_to_ratio",
        "coffee.png",
        {"ratio": "4:5"},
        "Much is new here; at the bottom the shadow goes on, with red of the saucer in it.",
    ),
    Case(
        "mask_by_colour",
        "astronaut.png",
        {"points": [110, 420], "tolerance": 20, "drop_islands": 0.02},
        "The suit, from one point on it.",
    ),
    Case("cut_out_with_shadow", "disc.png", _MODEL, "The shadow stays, the pencil goes."),
    Case(
        "product_on_white",
        "disc.png",
        {"width": 600, "height": 600, "margin": 60, **_MODEL},
        "The same for a shop.",
    ),
    Case(
        "outpaint",
        "astronaut.png",
        {"sides": ["left", "top", "right", "bottom"]},
        "No second head; but of the suit below stripes of the flag were made, and the rocket grows "
        "a second tip.",
    ),
    Case(
        "blur_faces",
        "astronaut.png",
        {},
        "The face that was found is blurred, the rest is as it was.",
    ),
    Case(
        "remove_writing",
        "poster.png",
        {},
        "The words are gone. Where they crossed an edge that edge is rough: see the rim of the "
        "saucer.",
    ),
)


def main() -> None:
    """Run all recipes, and write their pictures and the page."""
    parser = argparse.ArgumentParser(
        prog="python -m paintgraph.benchmarks.recipe_pictures", description=__doc__
    )
    parser.add_argument("--folder", type=Path, default=_DOCS / "gallery", help="where to")
    folder: Path = parser.parse_args().folder
    (folder / "recipes").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as work, paintgraph.session() as session:
        photos = _photos(Path(work))
        lines = [_INTRODUCTION]
        for place, case in enumerate(CASES):
            given = {n: photos.get(str(v), v) for n, v in case.inputs.items()}
            result = session.run(case.recipe, image=photos[case.photo], **given)
            name = f"recipes/{place:02}_{case.recipe}.jpg"
            _beside(photos[case.photo], result.image).save(folder / name, quality=_QUALITY)
            lines.append(_section(case, f"paintgraph run {case.recipe} --image {case.photo}", name))
        lines += _of_many(session, photos, folder)
    (folder / "recipes.md").write_text("\n".join(lines), encoding="utf-8")


def _of_many(session: Any, photos: Mapping[str, Path], folder: Path) -> list[str]:
    """The recipes that take several pictures."""
    work = photos["coffee.png"].parent
    cut = session.run("cut_out_with_shadow", image=photos["disc.png"], **_MODEL)
    cut.save(work / "cut.png")
    names = ["astronaut.png", "coffee.png", "chelsea.png", "cut.png"]
    inputs: dict[str, Any] = {
        "images": names,
        "colour": "gold",
        "columns": 4,
        "width": 256,
        "height": 256,
    }
    collage = Case("collage_on_colour", "", inputs, "Each as large as its cell allows.")
    with paintgraph.session(input_dir=work) as own:
        own.run(collage.recipe, **inputs).image.save(
            folder / "recipes" / "collage_on_colour.jpg", quality=_QUALITY
        )
    mark = Pillow.new("L", (300, 200))
    ImageDraw.Draw(mark).rectangle((222, 168, 292, 192), fill=255)
    mark.save(work / "mark.png")
    with Pillow.open(photos["coffee.png"]) as photo:
        stamped = photo.convert("RGB")
    ImageDraw.Draw(stamped).text((455, 345), "SAMPLE", fill="white", font_size=30)
    stamped.save(work / "stamped.png")
    clean = session.run(
        "inpaint", image=work / "stamped.png", mask=work / "mark.png", fit="stretch", grow=4
    )
    _beside(work / "stamped.png", clean.image).save(
        folder / "recipes" / "remove_watermark.jpg", quality=_QUALITY
    )
    erase = Case("remove_watermark", "", {"folder": "photos", "mask": "mark.png"}, _ERASED)
    return [
        _section(collage, "paintgraph run collage_on_colour", "recipes/collage_on_colour.jpg"),
        _section(erase, "paintgraph run remove_watermark", "recipes/remove_watermark.jpg"),
    ]


_ERASED = "Every picture of the folder; the mask is smaller than they are, and stretched to each."


def _section(case: Case, command: str, picture: str) -> str:
    options = "".join(f" --{n.replace('_', '-')} {_typed(v)}" for n, v in case.inputs.items())
    return (
        f"## {case.recipe}\n\n{case.about}\n\n```text\n{command}{options}\n```\n\n"
        f"![{case.recipe}]({picture})\n"
    )


def _typed(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _photos(work: Path) -> dict[str, Path]:
    """The photos as files, by name."""
    for name in ("astronaut", "coffee", "chelsea", "rocket"):
        Pillow.fromarray(getattr(data, name)()).save(work / f"{name}.png")
    mask = Pillow.new("L", (640, 427))
    ImageDraw.Draw(mask).rectangle((304, 112, 346, 410), fill=255)
    mask.save(work / "rocket_mask.png")
    with Pillow.open(work / "coffee.png") as coffee:
        poster = coffee.copy()
    pen = ImageDraw.Draw(poster)
    pen.text((40, 30), "SALE 50% OFF", fill="white", font_size=40)
    pen.text((120, 330), "Copyright Example", fill=(255, 220, 60), font_size=40)
    poster.save(work / "poster.png")
    with Pillow.open(_DOCS / "photos" / "disc.jpg") as disc:
        disc.save(work / "disc.png")
    return {file.name: file for file in work.glob("*.png")}


def _beside(before: Path, after: Pillow.Image) -> Pillow.Image:
    """Two pictures side by side, of one height, on white."""
    with Pillow.open(before) as photo:
        pair = [_opaque(photo), _opaque(after)]
    pair = [each.resize((round(each.width * _HEIGHT / each.height), _HEIGHT)) for each in pair]
    sheet = Pillow.new(
        "RGB", (sum(each.width for each in pair) + 3 * _BORDER, _HEIGHT + 2 * _BORDER), "grey"
    )
    sheet.paste(pair[0], (_BORDER, _BORDER))
    sheet.paste(pair[1], (pair[0].width + 2 * _BORDER, _BORDER))
    return sheet


def _opaque(picture: Pillow.Image) -> Pillow.Image:
    ground = Pillow.new("RGBA", picture.size, (*_GROUND, 255))
    ground.alpha_composite(picture.convert("RGBA"))
    return ground.convert("RGB")


if __name__ == "__main__":
    main()
