"""`python -m paintgraph.benchmarks.recipe_pictures`: recipes before and after, to look at.

Writes `docs/gallery/recipes.md` and its pictures. Recipes that look for a subject want a model,
which `paintgraph models pull u2netp` gets.
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
default, `isnet-general-use`, is finer. Photographs: scikit-image's astronaut (NASA, public domain),
coffee and chelsea (CC0), and a part of `stuff.jpg` of OpenCV's samples (Apache-2.0).
"""


class Case(NamedTuple):
    """A recipe, the photo that it is given, and its other inputs."""

    recipe: str
    photo: str
    inputs: Mapping[str, Any]
    about: str


CASES: Sequence[Case] = (
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
        "For a post; at the bottom the saucer is copied.",
    ),
    Case(
        "extend_to_ratio",
        "coffee.png",
        {"ratio": "4:5"},
        "Much is new here, and more of the saucer is copied; --avoid MASK keeps it from that.",
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
            result = session.run(case.recipe, image=photos[case.photo], **case.inputs)
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
    options = " ".join(f"--{n.replace('_', '-')} {_typed(v)}" for n, v in case.inputs.items())
    return (
        f"## {case.recipe}\n\n{case.about}\n\n```text\n{command} {options}\n```\n\n"
        f"![{case.recipe}]({picture})\n"
    )


def _typed(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _photos(work: Path) -> dict[str, Path]:
    """The photos as files, by name."""
    for name in ("astronaut", "coffee", "chelsea"):
        Pillow.fromarray(getattr(data, name)()).save(work / f"{name}.png")
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
