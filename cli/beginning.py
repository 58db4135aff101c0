"""`paintgraph init`: a recipe to begin with, and the schema by which editors check it."""

from collections.abc import Iterable
from pathlib import Path

import orjson

from paintgraph.assembly import catalogue
from paintgraph.base.files import write_new, write_whole
from paintgraph.base.words import suggestion
from paintgraph.cli.faults import OK, misused, tell
from paintgraph.engine.recipes.schema import format_schema
from paintgraph.jobs.publishing import cannot_write
from paintgraph.jobs.sources.folders import default_folders

SCHEMA = "paintgraph.schema.json"
_SUFFIXES = (".yaml", ".yml")
_FIRST_LINE = f"# yaml-language-server: $schema={SCHEMA}\n"
_TEMPLATE = """\
paintgraph: 1
about: Take the object in a box out of a picture, then continue it to 16:9.
inputs:
  image: {type: image, about: The picture.}
  box: {type: list, items: int, unit: px, about: "Around it: left, top, right, bottom."}
nodes:
  erased: {recipe: erase_object, image: "${inputs.image}", box: "${inputs.box}"}
  wide: {recipe: extend_to_ratio, image: "${erased.image}", ratio: "16:9"}
  small: {node: ImageScale, image: "${wide.image}", upscale_method: auto, width: 1280, height: 0}
outputs:
  image: "${small.image}"
"""


def begin_recipe(file: str, copied: str, own: Iterable[str]) -> int:
    """Write a new recipe, and the schema beside it; gives the exit code.

    `copied` names a recipe that the new one is a copy of. A file that is there is never replaced,
    but for the schema, which is made anew.
    """
    path = Path(file)
    if path.suffix.lower() not in _SUFFIXES:
        has = f"the suffix is '{path.suffix}'" if path.suffix else "there is no suffix"
        cure = f"Write '{path.stem or 'recipe'}.yaml'."
        raise misused("unknown_suffix", f"{file}: {has}; allowed is .yaml or .yml. {cure}")
    known = catalogue(default_folders(), own)
    text = _TEMPLATE
    if copied:
        source = known.recipes.path(copied)
        if source is None:
            near = suggestion(copied, known.recipes.names()) or " 'paintgraph recipes' lists them."
            raise misused("unknown_recipe", f"--copy: there is no recipe '{copied}'.{near}")
        text = source.read_text(encoding="utf-8")
    known.recipes.register_all()
    schema = orjson.dumps(format_schema(known.registry))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(path, (_FIRST_LINE + text).encode())
        write_whole(path.parent / SCHEMA, schema, lasting=False)
    except FileExistsError as error:
        cure = "Choose another name, or move it away first."
        raise misused(
            "file_exists", f"{file} is there already; nothing was written. {cure}"
        ) from error
    except OSError as error:
        raise cannot_write(path, error) from error
    tell(f"wrote {path} and {path.parent / SCHEMA}, by which editors check it")
    tell(f"next: paintgraph run {path} --help")
    return OK
