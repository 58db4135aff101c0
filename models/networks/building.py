"""Networks of diffusers and transformers out of files and folders, in main memory."""

from collections.abc import Callable, Mapping
from typing import Any

from paintgraph.models.errors import CheckpointError
from paintgraph.models.families.checkpoints import configs
from paintgraph.models.families.checkpoints.describing import IN_WORDS, Description, Need
from paintgraph.models.families.checkpoints.headers import Piece
from paintgraph.models.families.diffusion.loading import (
    FAILURES,
    is_made_up,
    lacks_weights,
    listening_to_libraries,
    load_library,
    plain_line,
)
from paintgraph.models.families.diffusion.sources import read_tensors
from paintgraph.models.loading.loaded_work import is_out_of_memory
from paintgraph.models.networks.facts import LATENTS, read_json
from paintgraph.models.networks.tensors import (
    Tensors,
    read_piece,
    shapes_of,
    without_last_layer,
)

_DENOISERS: Mapping[str, tuple[str, Callable[..., configs.Config]]] = {
    "unet": ("UNet2DConditionModel", configs.unet_config),
    "sd3": ("SD3Transformer2DModel", configs.sd3_config),
    "flux": ("FluxTransformer2DModel", configs.flux_config),
    "qwen_image": ("QwenImageTransformer2DModel", configs.qwen_config),
}
_KEPT_FLOAT32 = "wo"
"""The layers of a T5 whose numbers are too large for float16."""


def build_denoiser(described: Description, dtype: Any) -> Any:
    """The network that removes noise; raises CheckpointError."""
    piece = described.contents.denoiser
    if piece is None:
        part = "unet" if (described.path / "unet").is_dir() else "transformer"
        return _from_folder(described, part, "denoiser", dtype)

    def build() -> Any:
        diffusers = load_library().diffusers
        tensors = _read(described, piece, dtype)
        name, work_out = _DENOISERS[piece.form]
        config = _beside(described, "unet", "transformer")
        if not config:
            config = work_out(shapes_of(tensors))
        elif piece.form == "unet":
            config["in_channels"] = tensors["conv_in.weight"].shape[1]
        return _filled(getattr(diffusers, name).from_config, config, tensors)

    return _built(described, "denoiser", build)


def build_autoencoder(described: Description, dtype: Any) -> Any:
    """The networks between pictures and latents; raises CheckpointError."""
    piece = described.contents.autoencoder
    if piece is None:
        return _from_folder(described, "vae", "autoencoder", dtype)
    if piece.form != "vae":
        raise CheckpointError(
            f"'{described.name}' holds the VAE of Qwen-Image in one file, which is not read here. "
            "Use its folder of diffusers, as a checkpoint."
        )

    def build() -> Any:
        diffusers = load_library().diffusers
        tensors = _read(described, piece, dtype)
        config = _beside(described, "vae") or configs.vae_config(shapes_of(tensors))
        channels = config["latent_channels"]
        family = described.family or ("sd1" if channels == LATENTS["sd1"].channels else "flux")
        config.setdefault("scaling_factor", LATENTS[family].factor)
        config.setdefault("shift_factor", LATENTS[family].shift or None)
        return _filled(diffusers.AutoencoderKL.from_config, config, tensors)

    return _built(described, "autoencoder", build)


def build_controlnet(described: Description, dtype: Any) -> Any:
    """A ControlNet; raises CheckpointError."""
    piece = described.contents.control
    if piece is None:
        return _network_folder(described, dtype)

    def build() -> Any:
        diffusers = load_library().diffusers
        tensors = _read(described, piece, dtype)
        shapes = shapes_of(tensors)
        kind = "ControlNetUnionModel" if configs.is_union(shapes) else "ControlNetModel"
        make = getattr(diffusers, kind).from_config
        return _filled(make, configs.controlnet_config(shapes), tensors)

    return _built(described, "control", build)


def build_encoder(described: Description, inner: str, name: str, family: str, dtype: Any) -> Any:
    """One text encoder, called `inner` in its file, as the one that a family calls `name`.

    Raises CheckpointError.
    """
    piece = described.contents.encoders.get(inner)
    if piece is None:
        return _from_folder(described, folder_of(name, family), "encoders", dtype)

    def build() -> Any:
        load_library()
        tensors = _read(described, piece, dtype)
        if piece.form == "t5":
            return _t5(tensors)
        if piece.form == "qwen_text":
            raise CheckpointError(
                f"'{described.name}' is the text encoder of Qwen-Image in one file, which is not "
                "read here. Use the model's folder of diffusers, as a checkpoint."
            )
        return _clip(tensors, name, family)

    return _built(described, "encoders", build)


def folder_of(name: str, family: str) -> str:
    """Where an encoder lies in a pipeline's folder."""
    if name == "t5":
        return "text_encoder_3" if family == "sd3" else "text_encoder_2"
    return "text_encoder_2" if name == "g" else "text_encoder"


def _clip(tensors: Tensors, name: str, family: str) -> Any:
    import torch
    import transformers

    if family == "sd2":
        tensors = without_last_layer(tensors)
    config = configs.clip_config(shapes_of(tensors))
    config["hidden_act"] = "quick_gelu" if name == "l" and family != "sd2" else "gelu"
    is_projected = name == "g" or family == "sd3"
    kind: Any = transformers.CLIPTextModelWithProjection
    if not is_projected:
        kind = transformers.CLIPTextModel
        tensors.pop("text_projection.weight", None)
    elif "text_projection.weight" not in tensors:
        like = tensors["final_layer_norm.weight"]
        tensors["text_projection.weight"] = torch.eye(config["hidden_size"], dtype=like.dtype)

    def make(given: Mapping[str, Any]) -> Any:
        return kind(transformers.CLIPTextConfig(**given))

    def named(module: Any) -> Tensors:
        # Versions of transformers differ in whether the layers have a module of their own.
        inner = any(key.startswith("text_model.") for key in module.state_dict())
        start = "text_model." if inner else ""
        outer = "text_projection.weight"
        return {key if key == outer else f"{start}{key}": each for key, each in tensors.items()}

    return _filled(make, config, named)


def _t5(tensors: Tensors) -> Any:
    import torch
    import transformers

    kind: Any = transformers.T5EncoderModel
    tensors.setdefault("shared.weight", tensors.get("encoder.embed_tokens.weight"))
    config = configs.t5_config(shapes_of(tensors))
    tensors["encoder.embed_tokens.weight"] = tensors["shared.weight"]
    module = _filled(lambda given: kind(transformers.T5Config(**given)), config, tensors)
    if module.shared.weight.dtype is torch.float16:
        for name, layer in module.named_modules():
            if name.endswith(f".{_KEPT_FLOAT32}"):
                layer.float()
    return module


def _read(described: Description, piece: Piece, dtype: Any) -> Tensors:
    return read_piece(described.path, piece, dtype)


def _beside(described: Description, *parts: str) -> configs.Config:
    """What a folder of configuration that goes with a file says of a part, or nothing."""
    if described.source is None:
        return {}
    found = (read_json(described.source.folder / part / "config.json") for part in parts)
    return next((config for config in found if config), {})


def _filled(
    make: Callable[[Mapping[str, Any]], Any],
    config: Mapping[str, Any],
    tensors: Tensors | Callable[[Any], Tensors],
) -> Any:
    """A network with these very tensors as weights; raises ValueError if they are not all of it."""
    from accelerate import init_empty_weights  # type: ignore[import-untyped]

    with init_empty_weights():
        module = make(config)
    weights = tensors(module) if callable(tensors) else tensors
    _, unknown = module.load_state_dict(weights, strict=False, assign=True)
    lacking = sorted(name for name, each in module.named_parameters() if each.is_meta)
    if lacking:
        raise ValueError(f"the weights of {_some(lacking)} are missing")
    if unknown:
        raise ValueError(f"nothing is known of {_some(unknown)}")
    return module.eval().requires_grad_(requires_grad=False)


_SHOWN = 2


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _built(described: Description, need: Need, build: Callable[[], Any]) -> Any:
    try:
        module = build()
    except CheckpointError:
        raise
    except FAILURES as error:
        if is_out_of_memory(error):
            raise
        raise CheckpointError(
            f"'{described.name}': its part that is {IN_WORDS[need]} cannot be loaded: "
            f"{plain_line(error)} Get the file again; if it is another variant of its family, give "
            "a folder with its configuration in option 'config' (docs/diffusion.md)."
        ) from error
    return _checked(described, module)


def _checked(described: Description, module: Any) -> Any:
    """The network, if its weights are numbers; raises CheckpointError."""
    for name, weight in module.named_parameters():
        if weight.is_floating_point() and not bool(weight.sum(dtype=weight.dtype).isfinite()):
            if bool(weight.isfinite().all()):
                continue  # their sum alone is too large
            raise CheckpointError(
                f"'{described.name}': its weights '{name}' hold values that are no numbers (NaN or "
                "infinite), so it would paint nothing. Get the file again; of one that was made "
                "by merging, get another."
            )
    return module


def _from_folder(described: Description, part: str, need: Need, dtype: Any) -> Any:
    """A part of a pipeline's folder."""
    import transformers

    source = described.source
    folder = described.path if source is None else source.folder
    if not (folder / part).is_dir():
        raise CheckpointError(
            f"'{described.name}' has no {IN_WORDS[need]} ('{part}'). Load that from another file."
        )
    library = load_library()
    kind = _class_of(described, part, library.diffusers, transformers)

    def build() -> Any:
        with listening_to_libraries() as notices:
            module = kind.from_pretrained(
                folder / part, local_files_only=True, use_safetensors=True, dtype=dtype
            )
        if any(map(is_made_up, notices)) or lacks_weights(module):
            raise ValueError("some weights are missing")
        return module.eval().requires_grad_(requires_grad=False)

    return _built(described, need, build)


def _class_of(described: Description, part: str, *libraries: Any) -> Any:
    assert described.source is not None  # noqa: S101 - asked of folders only
    index = read_json(described.source.folder / "model_index.json")
    name = str((index.get(part) or [None, ""])[1])
    for library in libraries:
        if hasattr(library, name):
            return getattr(library, name)
    raise CheckpointError(
        f"'{described.name}': its part '{part}' is of the class '{name}', which neither diffusers "
        "nor transformers has. Use another model."
    )


def _network_folder(described: Description, dtype: Any) -> Any:
    diffusers = load_library().diffusers
    kind = getattr(diffusers, str(described.config["_class_name"]))

    def build() -> Any:
        return kind.from_pretrained(
            described.path, local_files_only=True, use_safetensors=True, dtype=dtype
        ).eval()

    return _built(described, "control", build)


def weight_elements(described: Description, piece: Piece | None, *parts: str) -> int:
    """How many numbers the weights of a network are: a file's piece, or parts of a folder."""
    if piece is not None:
        return piece.elements
    source = described.source
    folder = described.path if source is None else source.folder
    files = [file for part in parts for file in (folder / part).glob("*.safetensors")]
    return sum(Piece("unet", "", read_tensors(file).shapes).elements for file in files)
