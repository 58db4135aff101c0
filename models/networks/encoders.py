"""Which text encoders some files hold, what each is called, and the tokenizer that goes with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paintgraph.models.catalogue.family import Find
from paintgraph.models.errors import CheckpointError
from paintgraph.models.families.checkpoints.describing import Description
from paintgraph.models.families.checkpoints.headers import Contents, encoder_width
from paintgraph.models.families.diffusion.loading import FAILURES, plain_line
from paintgraph.models.networks.building import folder_of

ENCODERS = {
    "sd1": ("l",),
    "sd2": ("l",),
    "sdxl": ("l", "g"),
    "sdxl_refiner": ("g",),
    "sd3": ("l", "g", "t5"),
    "flux": ("l", "t5"),
    "qwen_image": ("qwen",),
}
"""The text encoders of each family, by the names of `EncoderPart`, in its order."""

SPARED = {"sd3"}
"""Families that do with some of them."""

_IN_WORDS = {
    "l": "CLIP-L (or OpenCLIP-H of Stable Diffusion 2)",
    "g": "CLIP-G",
    "t5": "T5",
    "qwen": "Qwen2.5-VL",
}
_TOKENIZER_FILES = ("tokenizer.json", "spiece.model")


@dataclass(frozen=True, slots=True)
class Encoder:
    """One text encoder: what the family calls it, and where it is; `inner` is its name there."""

    name: str
    inner: str
    reference: str
    described: Description
    family: str


def encoders_of(sources: Sequence[tuple[str, Description]], family: str) -> tuple[Encoder, ...]:
    """The encoders of a family in files, in the order in which the family names them.

    Raises CheckpointError if one is missing.
    """
    found: dict[str, Encoder] = {}
    for reference, described in sources:
        for inner in _inner(described, family):
            name = _name(described.contents, inner, sources, family)
            found.setdefault(name, Encoder(name, inner, reference, described, family))
    lacking = [name for name in ENCODERS[family] if name not in found]
    if lacking and (family not in SPARED or not set(found) & set(ENCODERS[family])):
        names = ", ".join(f"'{described.name}'" for _, described in sources)
        raise CheckpointError(
            f"{names}: no text encoder {' and '.join(_IN_WORDS[each] for each in lacking)} is in "
            f"it; a model of the family '{family}' needs it. Load the text encoders from their own "
            "files, with CLIPLoader or DualCLIPLoader."
        )
    return tuple(found[name] for name in ENCODERS[family] if name in found)


def _inner(described: Description, family: str) -> Sequence[str]:
    if described.source is not None and described.is_folder:
        names = ENCODERS[family]
        return [n for n in names if (described.path / folder_of(n, family)).is_dir()]
    return list(described.contents.encoders)


def _name(
    contents: Contents, inner: str, sources: Sequence[tuple[str, Description]], family: str
) -> str:
    """What an encoder is for a family: of two CLIPs that are alone the wider is "g"."""
    piece = contents.encoders.get(inner)
    if piece is None or piece.prefix or inner not in ("l", "g") or "g" not in ENCODERS[family]:
        return "l" if piece is not None and inner == "g" and not piece.prefix else inner
    if ENCODERS[family] == ("g",):
        return "g"
    clips = [
        encoder_width(each)
        for _, described in sources
        for each in described.contents.encoders.values()
        if each.form in ("clip", "open_clip")
    ]
    if len(clips) == 1:
        return inner
    return "g" if encoder_width(piece) == max(clips) else "l"


def tokenizer_of(encoder: Encoder, clip_tokenizer: Callable[[], Any], find: Find) -> Any:
    """The tokenizer of a text encoder; raises CheckpointError where it has to be brought."""
    described = encoder.described
    source = described.source
    if source is not None:
        part = folder_of(encoder.name, encoder.family).replace("text_encoder", "tokenizer")
        if (source.folder / part).is_dir():
            return _read(source.folder / part, described.name)
    if encoder.name in ("l", "g"):
        tokenizer = clip_tokenizer()
        if encoder.name == "g" or encoder.family == "sd2":  # OpenCLIP fills up with token 0
            tokenizer.pad_token = tokenizer.convert_ids_to_tokens(0)
        return tokenizer
    named = described.options.get("tokenizer")
    folders = [find(str(named)).folder] if named else _beside(described.path)
    for folder in folders:
        if any((folder / file).is_file() for file in _TOKENIZER_FILES):
            return _read(folder, described.name)
    stem = described.path.stem
    raise CheckpointError(
        f"'{described.name}' is a text encoder {_IN_WORDS[encoder.name]} without its tokenizer, "
        f"which files of weights do not hold. Put its tokenizer.json (or spiece.model) into a "
        f"folder '{stem}' beside the file, or name a model of the catalogue that has it in option "
        "'tokenizer' (docs/diffusion.md)."
    )


def _beside(path: Path) -> list[Path]:
    return [path.with_suffix(""), path.parent / "tokenizer"]


def _read(folder: Path, name: str) -> Any:
    import transformers

    from paintgraph.models.loading.checkpoints import without_bars

    kind: Any = transformers.AutoTokenizer
    try:
        with without_bars():
            return kind.from_pretrained(folder, local_files_only=True)
    except FAILURES as error:
        raise CheckpointError(
            f"'{name}': its tokenizer in the folder '{folder.name}' cannot be read: "
            f"{plain_line(error)} Get that folder again."
        ) from error
