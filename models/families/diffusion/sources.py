"""What a pipeline is loaded from, looked at before the libraries are: folders, headers of files.

The format of safetensors: 8 bytes with the header's length (little-endian), the header (JSON: name
-> dtype, shape, data_offsets), the data. Source: https://github.com/huggingface/safetensors#format
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from paintgraph.base.words import shorten
from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Find
from paintgraph.models.catalogue.places import INDEX
from paintgraph.models.errors import PipelineError, WeightsError

_LENGTH = struct.Struct("<Q")
_MOST_HEADER_BYTES = 100_000_000  # the format's own limit


Shapes: TypeAlias = Mapping[str, tuple[int, ...]]
"""The shapes of tensors by name."""


@dataclass(frozen=True, slots=True)
class Tensors:
    """The tensors of a file: shapes by name, and how many bytes they take.

    `types` are those of their samples, such as "F16" or "F8_E4M3", `about` is what the file says of
    itself.
    """

    shapes: Shapes
    data_bytes: int
    types: frozenset[str] = frozenset()
    about: Mapping[str, Any] = field(default_factory=dict)


def read_tensors(path: Path) -> Tensors:
    """What a safetensors file holds; raises WeightsError for one that is cut off or damaged."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            header, begins = _header(file.read(_LENGTH.size), file, size, path)
    except OSError as error:
        raise weights_error(path, f"it cannot be read: {error.strerror}") from error
    shapes, types, ends = {}, set(), 0
    said = header.pop("__metadata__", None)
    for name, about in header.items():
        try:
            shapes[name] = tuple(int(length) for length in about["shape"])
            types.add(str(about["dtype"]))
            ends = max(ends, int(about["data_offsets"][1]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise weights_error(path, "its header is damaged") from error
    if begins + ends != size:
        what = "it is cut off" if begins + ends > size else "it is longer than its header says"
        raise weights_error(path, f"{what}: {size} bytes, expected are {begins + ends}")
    return Tensors(shapes, ends, frozenset(types), said if isinstance(said, dict) else {})


def _header(start: bytes, file: Any, size: int, path: Path) -> tuple[dict[str, Any], int]:
    if len(start) < _LENGTH.size:
        raise weights_error(path, "it is empty or cut off")
    (length,) = _LENGTH.unpack(start)
    begins = _LENGTH.size + length
    if length > _MOST_HEADER_BYTES or begins > size:
        raise weights_error(path, "it is cut off, or no safetensors file at all")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError) as error:
        raise weights_error(path, "it is no safetensors file, or damaged") from error
    if not isinstance(header, dict):
        raise weights_error(path, "it is no safetensors file, or damaged")
    return header, begins


def weights_error(path: Path, what: str) -> WeightsError:
    """The error for a file; it names no folder."""
    place = "/".join(path.parts[-2:])
    return WeightsError(f"'{place}': {what}. Delete the file and get it again.")


_PICKLES = (".bin", ".ckpt", ".pt", ".pth")
_FIRST_LAYERS = (
    "model.diffusion_model.input_blocks.0.0.weight",
    "unet.conv_in.weight",
)
_DENOISERS = ("unet", "transformer")


@dataclass(frozen=True, slots=True)
class Source:
    """A folder as diffusers writes it, or one file and a folder with its configuration.

    Attributes:
        name: what messages call it.
        folder: has `model_index.json`.
        single_file: a `.safetensors` file with all weights; then the folder lends configuration
            and tokenizers, and weights only for what the file lacks.
        kind: the pipeline class that the index names.
        denoiser: the configuration of the network that removes noise.
        scale: how many px one latent is wide.
        weight_bytes: what the weights take on disk.
    """

    name: str
    folder: Path
    single_file: Path | None
    kind: str
    denoiser: Mapping[str, Any]
    scale: int
    weight_bytes: int

    @property
    def side(self) -> int:
        """The side in px of pictures that the model was made for."""
        size = self.denoiser.get("sample_size")
        return int(size) * self.scale if isinstance(size, int) else _USUAL_SIDE


_USUAL_SIDE = 1024


def find_source(placed: Placed, find: Find) -> Source:
    """What a model that was found is loaded from; raises PipelineError or WeightsError.

    `find` gives the model whose configuration a single file takes, if its entry names one.
    """
    name = placed.entry.name
    single = placed.file if _is_single(placed) else None
    config = placed.entry.options.get("config")
    own = placed.folder / "config" if single else placed.folder
    folder = find(str(config)).folder if single and config else own
    if not (folder / INDEX).is_file():
        if single:
            raise PipelineError(
                f"model '{name}' is one file and needs a folder with the configuration of its "
                f"family, which has {INDEX}. Name a model of the catalogue in its option 'config', "
                "or put such a folder, called 'config', beside the file."
            )
        raise PipelineError(
            f"model '{name}': the folder has no {INDEX}, so it is no pipeline that diffusers "
            "wrote. Place the whole folder, or one .safetensors file with option 'config'."
        )
    index = _json(folder / INDEX, name)
    kind = index.get("_class_name")
    if not isinstance(kind, str):
        raise PipelineError(
            f"model '{name}': {INDEX} names no pipeline class of diffusers. Place another copy of "
            "the folder; classes of its own are not run."
        )
    tensors = [read_tensors(single)] if single else _check_parts(folder, index, name)
    weight_bytes = sum(each.data_bytes for each in tensors)
    denoiser = next((d for d in _DENOISERS if (folder / d / "config.json").is_file()), None)
    about = _json(folder / denoiser / "config.json", name) if denoiser else {}
    vae = folder / "vae" / "config.json"
    scale = _scale(_json(vae, name)) if vae.is_file() else 8
    return Source(name, folder, single, kind, about, scale, weight_bytes)


def input_channels(single_file: Path) -> int | None:
    """How many channels the first layer of a single file's UNet takes, if it has one."""
    shapes = read_tensors(single_file).shapes
    return next((shapes[name][1] for name in _FIRST_LAYERS if name in shapes), None)


def _is_single(placed: Placed) -> bool:
    return len(placed.files) == 1 and placed.file.suffix == ".safetensors"


def _check_parts(folder: Path, index: Mapping[str, Any], name: str) -> list[Tensors]:
    """The tensors of every part; a part that is missing, damaged or a pickle is an error."""
    found = []
    for part, of in index.items():
        if part.startswith("_") or not isinstance(of, list) or of[:1] == [None]:
            continue
        if part in NOT_LOADED:
            continue
        if not _is_known_library(of[0]):
            raise PipelineError(
                f"model '{name}': its part '{part}' is of '{shorten(str(of[0]))}'; loaded are "
                "parts of diffusers and transformers, no code of others. Use another model."
            )
        inner = folder / part
        if not inner.is_dir():
            raise PipelineError(
                f"model '{name}': its part '{part}' is missing. Get the whole folder again."
            )
        files = sorted(inner.glob("*.safetensors"))
        pickles = [path.name for path in inner.iterdir() if path.suffix in _PICKLES]
        if pickles and not files:
            raise PipelineError(
                f"model '{name}': the weights of its part '{part}' are '{pickles[0]}', a pickle, "
                "which may run code; only .safetensors is loaded. Get that form of the model."
            )
        found += [read_tensors(path) for path in files]
    return found


NOT_LOADED = ("safety_checker", "feature_extractor", "image_encoder")
"""Parts that painting does without."""


def _is_known_library(name: object) -> bool:
    """Whether a part's class is of diffusers, beside one of its pipelines, or of transformers."""
    if name in ("diffusers", "transformers"):
        return True
    found = find_spec("diffusers")
    if not isinstance(name, str) or not name.isidentifier() or found is None or not found.origin:
        return False
    return (Path(found.origin).parent / "pipelines" / name).is_dir()


def _scale(vae: Mapping[str, Any]) -> int:
    widths = vae.get("block_out_channels") or vae.get("dim_mult") or [0] * 4
    return int(2 ** (len(widths) - 1))


def _json(path: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise PipelineError(
            f"model '{name}': '{'/'.join(path.parts[-2:])}' is no JSON that can be read. "
            "Get the file again."
        ) from error
    if not isinstance(found, dict):
        raise PipelineError(
            f"model '{name}': '{'/'.join(path.parts[-2:])}' holds no object. Get the file again."
        )
    return found


__all__ = ["INDEX", "Source", "find_source", "input_channels"]
