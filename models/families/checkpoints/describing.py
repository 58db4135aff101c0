"""What a model of the catalogue is, whether one file or a folder of diffusers, by headers alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from paintgraph.base.naming import PICKLES
from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Find
from paintgraph.models.catalogue.places import INDEX
from paintgraph.models.errors import CheckpointError, RefusedModelError
from paintgraph.models.families.checkpoints.headers import (
    Contents,
    contents_of,
    refused_as,
)
from paintgraph.models.families.diffusion.lora_headers import is_lora, lora_family
from paintgraph.models.families.diffusion.sources import Shapes, Source, find_source, read_tensors

Need: TypeAlias = Literal["denoiser", "autoencoder", "encoders", "control", "lora"]

IN_WORDS: Mapping[Need, str] = {
    "denoiser": "a UNet or transformer",
    "autoencoder": "a VAE",
    "encoders": "a text encoder",
    "control": "a ControlNet",
    "lora": "a LoRA",
}
KNOWN = "Stable Diffusion 1, 2, XL and 3, FLUX.1 and Qwen-Image"
_MARKS = {"v_pred", "ztsnr"}
_QUANTISED = (".absmax", ".quant_map", ".qweight", ".nf4")
_PIPELINES = (
    ("StableDiffusionXL", "sdxl"),
    ("StableDiffusion3", "sd3"),
    ("Flux2", ""),
    ("FluxKontext", ""),
    ("FluxControl", ""),
    ("FluxPrior", ""),
    ("Flux", "flux"),
    ("QwenImageEdit", ""),
    ("QwenImageControl", ""),
    ("QwenImageLayered", ""),
    ("QwenImage", "qwen_image"),
    ("StableDiffusion", "sd1"),
)
_WIDE = 1024
_REFINER_WIDTH = 1280


@dataclass(frozen=True, slots=True)
class Description:
    """What a model is.

    Attributes:
        name: what messages call it.
        family: for which denoisers it is, as `Denoiser.family` names them; None where files of
            several families look alike, or nothing is known.
        contents: the networks of a single file.
        source: a folder as diffusers writes it, or one whose configuration a file goes with.
        path: the file, or the folder of a network or pipeline of diffusers.
        about: what the file says of itself.
        config: the `config.json` of a network's folder.
        options: those of its entry in the catalogue.
        marks: tensors that say something by being there: "v_pred" and "ztsnr".
        is_lora: whether it is a LoRA.
    """

    name: str
    family: str | None
    path: Path
    contents: Contents = field(default_factory=Contents)
    source: Source | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    is_lora: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it is a pipeline or network as diffusers writes it, in several files."""
        return self.path.is_dir()

    def has(self, need: Need) -> bool:
        """Whether it has what is needed of it."""
        if need == "lora":
            return self.is_lora
        if self.config:
            return need == "control"
        if self.is_folder:
            return need != "control"
        return bool(getattr(self.contents, need))

    def check(self, need: Need) -> Self:
        """Itself; raises CheckpointError if it lacks what is needed of it."""
        if not self.has(need):
            found = "a LoRA" if self.is_lora else self.contents.in_words()
            raise CheckpointError(
                f"'{self.name}' is no file for this place: it holds {found}; needed is "
                f"{IN_WORDS[need]}. Choose another file here, and give this one to the node that "
                "loads such files."
            )
        if need in ("denoiser", "control") and self.family is None:
            held = f"holds {IN_WORDS[need]} of a family"
            if self.source is not None:
                held = f"is a {self.source.kind}, a pipeline"
            raise CheckpointError(
                f"'{self.name}' {held} that is not known here; known are {KNOWN}. Use a model of "
                "one of these."
            )
        return self


def describe(placed: Placed, find: Find) -> Description:
    """What a model is; reads headers and configurations only.

    Raises WeightsError, PipelineError, CheckpointError or RefusedModelError for files that cannot
    be used.
    """
    entry = placed.entry
    if INDEX in placed.files:
        source = find_source(placed, find)
        options = dict(entry.options)
        family = _family_of(source)
        return Description(entry.name, family, source.folder, source=source, options=options)
    if "config.json" in placed.files:
        return _network_folder(placed)
    name, path = entry.name, placed.file
    if path.suffix.lower() in PICKLES:
        raise RefusedModelError(
            f"'{name}' is a pickle, which may run code; only .safetensors is loaded. Get that form "
            "of the model, or convert it once as docs/diffusion.md says."
        )
    tensors = read_tensors(path)
    _check_weights(name, tensors.shapes)
    contents = contents_of(tensors.shapes)
    beside = _source_beside(placed, find, contents)
    loras = is_lora(tensors.shapes)
    family = lora_family(tensors.shapes) if loras else contents.family
    return Description(
        name,
        family,
        path,
        contents,
        beside,
        tensors.about,
        options=dict(entry.options),
        marks=frozenset(_MARKS & set(tensors.shapes)),
        is_lora=loras,
    )


def _check_weights(name: str, shapes: Shapes) -> None:
    if what := refused_as(shapes):
        raise CheckpointError(
            f"'{name}' is {what}, which is not sampled here; known are {KNOWN}. Use a model of one "
            "of these."
        )
    if any(key.endswith(_QUANTISED) for key in shapes):
        raise CheckpointError(
            f"'{name}' has weights that are packed into 4 or 8 bits; allowed are float32, float16, "
            "bfloat16 and 8-bit floats. Get the model in one of these forms."
        )


def _source_beside(placed: Placed, find: Find, contents: Contents) -> Source | None:
    """The configuration that goes with a whole checkpoint, where there is one."""
    has_own = (placed.folder / "config" / INDEX).is_file()
    if contents.denoiser is None or not (has_own or placed.entry.options.get("config")):
        return None
    return find_source(placed, find)


def _family_of(source: Source) -> str | None:
    """The family of a pipeline's folder."""
    family = next((name for start, name in _PIPELINES if source.kind.startswith(start)), "")
    context = source.denoiser.get("cross_attention_dim")
    if family == "sd1" and (source.denoiser.get("use_linear_projection") or context == _WIDE):
        return "sd2"
    if family == "sdxl" and context == _REFINER_WIDTH:
        return "sdxl_refiner"
    return family or None


def _network_folder(placed: Placed) -> Description:
    """A network of diffusers in a folder of its own: a ControlNet."""
    name = placed.entry.name
    path = placed.files["config.json"]
    try:
        config = json.loads(path.read_bytes())
        kind = str(config.get("_class_name"))
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"'{name}': its config.json is no JSON that can be read. Get the folder again."
        ) from error
    if not kind.startswith("ControlNet"):
        raise CheckpointError(
            f"'{name}' is a folder with a network of the class {kind}; allowed is a ControlNet of "
            "Stable Diffusion 1, 2 or XL. Use one of these."
        )
    return Description(name, control_family(config), path.parent, config=config)


def control_family(config: Mapping[str, Any]) -> str:
    """Which denoisers a ControlNet with this configuration steers."""
    if config.get("addition_embed_type") == "text_time":
        return "sdxl"
    context = config.get("cross_attention_dim")
    return "sd2" if config.get("use_linear_projection") or context == _WIDE else "sd1"


__all__: Sequence[str] = ["Description", "Need", "control_family", "describe"]
