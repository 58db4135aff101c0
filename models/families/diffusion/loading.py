"""Pipelines out of files on this machine: never from the network, never code of the model's own.

The libraries that diffusion needs are an optional part, and are loaded at first use.
"""

import inspect
import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, NamedTuple

from paintgraph.base.words import first_line, shorten
from paintgraph.models.catalogue.readiness import check_packages
from paintgraph.models.errors import ModelError, PipelineError
from paintgraph.models.families.diffusion.sources import INDEX, NOT_LOADED, Source, input_channels
from paintgraph.models.loading.loaded_work import is_out_of_memory

EXTRA = "diffusion"
_PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "safetensors")


class Library(NamedTuple):
    """What this package uses of torch and diffusers."""

    torch: ModuleType
    diffusers: ModuleType


def check_library() -> None:
    """Raises MissingPackageError for the first package that is not there; imports nothing."""
    check_packages(EXTRA, *((name, name) for name in _PACKAGES))


def load_library() -> Library:
    """The libraries, silent; raises MissingPackageError."""
    check_library()
    import diffusers
    import torch
    import transformers

    # Their bars and hints would fill the terminal; what matters is in our own messages.
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    return Library(torch, diffusers)


FAILURES: tuple[type[Exception], ...] = (
    ModelError,
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    AttributeError,
    TypeError,
    ImportError,
)
"""What libraries raise over files that do not fit."""

_CONFIGURATION = ("*.safetensors", "*.bin", "*.ckpt", "*.msgpack", "*.onnx")
"""What a copy of the configuration leaves out."""


def load_pipeline(source: Source, library: Library, dtype: Any) -> Any:
    """A pipeline that inpaints, in main memory; raises PipelineError."""
    _, diffusers = library
    with listening_to_libraries() as notices:
        try:
            pipe = _read(source, diffusers, dtype)
        except FAILURES as error:
            if is_out_of_memory(error):
                raise
            raise PipelineError(
                f"model '{source.name}' cannot be loaded: {plain_line(error)} {_cure(source)}"
            ) from error
    if any(map(is_made_up, notices)) or _lacks_some(pipe):
        raise PipelineError(
            f"model '{source.name}': some weights are missing, so it would paint noise. "
            f"{_cure(source)}"
        )
    pipe = _for_inpainting(pipe, source, diffusers)
    mend_text_encoders(pipe)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def load_vae(like: Any, path: Path, config: Path, name: str, dtype: Any) -> Any:
    """A VAE in place of `like`, from a folder or one file; raises PipelineError."""
    kind = type(like)
    try:
        if path.is_dir():
            vae = kind.from_pretrained(
                path, local_files_only=True, use_safetensors=True, dtype=dtype
            )
        else:
            vae = kind.from_single_file(
                str(path),
                config=str(config),
                subfolder="vae",
                local_files_only=True,
                dtype=dtype,
            )
    except FAILURES as error:
        if is_out_of_memory(error):
            raise
        raise PipelineError(
            f"VAE '{name}' cannot be loaded: {plain_line(error)} Use one of the model's family."
        ) from error
    if lacks_weights(vae) or vae.config.latent_channels != like.config.latent_channels:
        raise PipelineError(
            f"VAE '{name}' does not fit the model: its latents have "
            f"{vae.config.latent_channels} channels, the model's {like.config.latent_channels}, "
            "or weights are missing. Use one of the model's family."
        )
    return vae


def _read(source: Source, diffusers: Any, dtype: Any) -> Any:
    index = json.loads((source.folder / INDEX).read_bytes())
    left_out: dict[str, Any] = {part: None for part in NOT_LOADED if part in index}
    if "requires_safety_checker" in index:
        left_out["requires_safety_checker"] = False
    options = {"local_files_only": True, "dtype": dtype, **left_out}
    if source.single_file is None:
        return diffusers.DiffusionPipeline.from_pretrained(
            source.folder, use_safetensors=True, **options
        )
    kind = getattr(diffusers, source.kind)
    if not hasattr(kind, "from_single_file"):
        raise ValueError(f"{source.kind} cannot be loaded from one file.")
    with _fitting_config(source) as folder:
        return kind.from_single_file(str(source.single_file), config=str(folder), **options)


@contextmanager
def _fitting_config(source: Source) -> Iterator[Path]:
    """The configuration for a single file; one for inpainting serves an ordinary file as well."""
    assert source.single_file is not None  # noqa: S101 - asked for single files only
    channels = input_channels(source.single_file)
    if channels in (None, source.denoiser.get("in_channels")) or not _has_unet(source.folder):
        yield source.folder
        return
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "config"
        shutil.copytree(source.folder, folder, ignore=shutil.ignore_patterns(*_CONFIGURATION))
        changed = {**source.denoiser, "in_channels": channels}
        (folder / "unet" / "config.json").write_text(json.dumps(changed), "utf-8")
        yield folder


def _has_unet(folder: Path) -> bool:
    return (folder / "unet" / "config.json").is_file()


def _for_inpainting(pipe: Any, source: Source, diffusers: Any) -> Any:
    """The pipeline itself if it takes a mask, else the one of its family that does."""
    if "mask_image" in inspect.signature(type(pipe).__call__).parameters:
        return pipe
    try:
        return diffusers.AutoPipelineForInpainting.from_pipe(pipe)
    except ValueError as error:
        raise PipelineError(
            f"model '{source.name}' is a {source.kind}, and diffusers has no pipeline of that "
            "family that inpaints. Use another model."
        ) from error


@contextmanager
def listening_to_libraries() -> Iterator[list[str]]:
    """What the libraries warn of meanwhile: they fill gaps with random weights and go on."""
    noticed: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            noticed.append(record.getMessage())

    listener = Listener(logging.WARNING)
    before = []
    for name in ("diffusers", "transformers"):
        logger = logging.getLogger(name)
        before.append((logger, logger.level, logger.handlers[:], logger.propagate))
        logger.handlers[:] = [listener]
        logger.setLevel(logging.WARNING)
        logger.propagate = False
    try:
        yield noticed
    finally:
        for logger, level, handlers, propagate in before:
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate = propagate


def is_made_up(text: str) -> bool:
    """Whether a notice says that weights were missing and are random."""
    return "MISSING" in text or "newly initialized" in text


def _lacks_some(pipe: Any) -> bool:
    return any(map(lacks_weights, pipe.components.values()))


def lacks_weights(part: Any) -> bool:
    """Whether a network is only a shape in some places."""
    return hasattr(part, "parameters") and any(each.is_meta for each in part.parameters())


def _cure(source: Source) -> str:
    if source.single_file:
        return (
            f"The file may be of another family than its configuration, which is for a "
            f"{source.kind}; name one that fits in option 'config'."
        )
    return "Get the model's files again, or another model."


def plain_line(error: BaseException) -> str:
    """What a library says, without the folders of this machine."""
    words = first_line(error, 1000).split()
    bare = (Path(w).name if w.strip("'\"").startswith("/") else w for w in words)
    return f"{shorten(' '.join(bare), 300)}."


_INNER = "text_model"
_ENCODERS = ("text_encoder", "text_encoder_2")


def mend_text_encoders(pipe: Any) -> None:
    """Let the text encoders of a pipeline answer to the old name, and LoRAs find their layers."""
    flat = []
    for name in _ENCODERS:
        encoder = getattr(pipe, name, None)
        if hasattr(encoder, "final_layer_norm") and not hasattr(encoder, _INNER):
            # Past torch's own way to set attributes, which would make it a part of itself.
            encoder.__dict__[_INNER] = encoder
            flat.append(name)
    if flat and hasattr(pipe, "lora_state_dict"):
        _mend_loras(pipe, tuple(f"{name}.{_INNER}." for name in flat))


def _mend_loras(pipe: Any, prefixes: tuple[str, ...]) -> None:
    read = pipe.lora_state_dict

    def lora_state_dict(*args: Any, **options: Any) -> Any:
        found = read(*args, **options)
        if not isinstance(found, tuple):
            return _renamed(found, prefixes)
        return tuple(_renamed(part, prefixes) for part in found)

    pipe.lora_state_dict = lora_state_dict


def _renamed(tensors: Mapping[str, Any] | None, prefixes: tuple[str, ...]) -> Any:
    """Names without the layer that is gone; of metadata, which has other names, nothing changes."""
    if tensors is None:
        return None
    return {_shorter(name, prefixes): tensor for name, tensor in tensors.items()}


def _shorter(name: str, prefixes: tuple[str, ...]) -> str:
    for prefix in prefixes:
        if name.startswith(prefix):
            return prefix.removesuffix(f"{_INNER}.") + name.removeprefix(prefix)
    return name
