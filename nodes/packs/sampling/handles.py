"""Networks as packs hold them: objects that say which one is meant, and let it work.

None holds weights. A network is borrowed from the worker's store for each piece of work, so memory
is the worker's to plan, and nothing stays loaded because a pack kept an object.
"""

from dataclasses import replace
from typing import Any, ClassVar, NoReturn, Self

from paintgraph.models.denoising.noise import draw_noise, generator_for
from paintgraph.models.latents.autoencoders import SIDE, Autoencoders, Tiling
from paintgraph.models.networks.encoders import ENCODERS
from paintgraph.models.networks.facts import LATENTS
from paintgraph.models.prompts.text_encoders import TextEncoders
from paintgraph.models.sampling import values
from paintgraph.nodes.packs.host.placeholders import NeedsModelObjectsError
from paintgraph.nodes.packs.sampling.arrays import array_of, latents_of, tensor_of
from paintgraph.nodes.packs.sampling.refusing import Frozen, refuse
from paintgraph.nodes.packs.sampling.services import served

_WIRE_NAMES = {"t5": "t5xxl", "qwen": "qwen25_7b"}
_DECODED_TILE, _DECODED_OVERLAP = 64, 16  # in latents
_ENCODED_TILE, _ENCODED_OVERLAP = 512, 64  # in px


class Handle:
    """Stands for a value of ours. What it has not is refused by name, as is any change."""

    WIRE: ClassVar[str]
    GIVEN_BY: ClassVar[str] = "CheckpointLoaderSimple"
    KIND: ClassVar[type]
    value: Any

    def __init__(self, value: Any = None, *_: Any, **__: Any) -> None:
        if not isinstance(value, self.KIND):
            raise NeedsModelObjectsError(
                f"a {self.WIRE} of a pack's own needs ComfyUI's model objects, which are not "
                f"part of paintgraph; nodes give those that there are. Use {self.GIVEN_BY}."
            )
        self._become(value)

    def _become(self, value: Any) -> None:
        object.__setattr__(self, "value", value)

    def clone(self, *_: Any, **__: Any) -> Any:
        """Another object for the same."""
        return type(self)(self.value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(self.WIRE, name)

    def __setattr__(self, name: str, _: object) -> None:
        refuse(self.WIRE, name)

    def __reduce__(self) -> Any:
        return type(self), (self.value,)

    def __repr__(self) -> str:
        return f"<{self.WIRE}: {self.value}>"


class Model(Handle):
    """A denoiser."""

    WIRE = "MODEL"
    KIND = values.Denoiser
    value: values.Denoiser

    @property
    def model_options(self) -> Frozen:
        """That it is sampled by soft masks, if so; nothing else is told, and nothing changed."""
        options: dict[str, Any] = {"transformer_options": Frozen()}
        if any(patch.kind == "differential" for patch in self.value.patches):
            options["denoise_mask_function"] = True
        return Frozen(options)

    @property
    def load_device(self) -> Any:
        """Where tensors come from and go to; where the network itself works is not told."""
        import torch

        return torch.device("cpu")

    offload_device = load_device

    def is_clone(self, other: object) -> bool:
        """Whether another object stands for the same weights."""
        return isinstance(other, Model) and other.value.source == self.value.source

    def model_dtype(self) -> Any:
        """The type of samples that go in and come out."""
        import torch

        return torch.float32

    def get_model_object(self, name: str) -> Any:
        """Its levels of noise, for `comfy.samplers.calculate_sigmas`; else refused."""
        if name != "model_sampling":
            refuse(self.WIRE, f"get_model_object({name!r})")
        return ModelSampling(self.value)


class ModelSampling(Handle):
    """The levels of noise that a denoiser was trained with."""

    WIRE = "model_sampling"
    KIND = values.Denoiser
    value: values.Denoiser


class _Text:
    """A prompt where ComfyUI has lists of tokens: it is passed on, and not looked into."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __len__(self) -> int:
        return 1

    def __iadd__(self, other: object) -> Self:
        if not isinstance(other, _Text) or other.text:
            self._refuse()
        return self  # with a chunk of no words, which fills up the other encoder's

    __add__ = __iadd__

    def __iter__(self) -> Any:
        self._refuse()

    def __getitem__(self, _: object) -> Any:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NeedsModelObjectsError(
            "tokens of a CLIP are not to be looked into here: they go from tokenize() to "
            "encode_from_tokens() as they are. Use CLIPTextEncode, which reads (word:1.2)."
        )


class Clip(Handle):
    """The text encoders of a family."""

    WIRE = "CLIP"
    KIND = values.TextEncoder
    value: values.TextEncoder

    @property
    def layer_idx(self) -> int | None:
        """The layer whose output counts, from the last one; None as the family has it."""
        return self.value.last_layer

    def clip_layer(self, layer_idx: int | None) -> None:
        """Read with fewer layers."""
        self._become(replace(self.value, last_layer=layer_idx))

    def tokenize(self, text: str, *_: Any, **__: Any) -> dict[str, Any]:
        """A prompt for each encoder, by ComfyUI's names of these, for `encode_from_tokens`."""
        return {wire: _Text(text) for wire in self._names()}

    def encode_from_tokens(
        self, tokens: dict[str, Any], return_pooled: Any = False, return_dict: bool = False
    ) -> Any:
        """The embeddings `[1, tokens, width]`; with `return_pooled` the pooled ones as well."""
        condition = self._condition(tokens)
        embeddings = tensor_of(condition.embeddings)
        pooled = None if condition.pooled is None else tensor_of(condition.pooled)
        if return_dict:
            return {"cond": embeddings, "pooled_output": pooled}
        return (embeddings, pooled) if return_pooled else embeddings

    def encode_from_tokens_scheduled(
        self,
        tokens: dict[str, Any],
        unprojected: bool = False,
        add_dict: dict[str, Any] | None = None,
        show_pbar: bool = True,
    ) -> list[Any]:
        """The same as a CONDITIONING; `add_dict` are further options of it."""
        embeddings, pooled = self.encode_from_tokens(tokens, return_pooled=True)
        return [[embeddings, {"pooled_output": pooled, **(add_dict or {})}]]

    def encode(self, text: str) -> Any:
        """The embeddings of a prompt."""
        return self.encode_from_tokens(self.tokenize(text))

    def _names(self) -> dict[str, str]:
        """The encoders by ComfyUI's names."""
        if self.value.family == "sd2":
            return {"h": "l"}
        return {_WIRE_NAMES.get(name, name): name for name in ENCODERS[self.value.family]}

    def _condition(self, tokens: dict[str, Any]) -> values.Condition:
        texts = {
            name: tokens[wire].text
            for wire, name in self._names().items()
            if isinstance(tokens.get(wire), _Text)
        }
        if len(texts) < len(tokens) or not texts:
            raise NeedsModelObjectsError(
                "tokens are not those of this CLIP's tokenize(), which alone it reads. Take them "
                "from there as they are."
            )
        found = served(TextEncoders, lambda own, heard: own.encode(self.value, texts, heard))
        return found[0]


class Vae(Handle):
    """What writes pictures as latents, and latents as pictures."""

    WIRE = "VAE"
    KIND = values.Autoencoder
    value: values.Autoencoder
    downscale_ratio = upscale_ratio = SIDE

    @property
    def latent_channels(self) -> int:
        """Of its latents."""
        return LATENTS[self.value.family].channels

    def spacial_compression_encode(self) -> int:
        """How many px a latent is wide."""
        return SIDE

    spacial_compression_decode = spacial_compression_encode

    def throw_exception_if_invalid(self) -> None:
        """Nothing: what it is was looked at when it was chosen."""

    def encode(self, pixel_samples: Any) -> Any:
        """Latents `[B, C, h, w]` of pictures `[B, H, W, C]`."""
        return self._encoded(pixel_samples, None)

    def encode_tiled(
        self,
        pixel_samples: Any,
        tile_x: int | None = None,
        tile_y: int | None = None,
        overlap: int | None = None,
        *_: Any,
        **__: Any,
    ) -> Any:
        """The same, in tiles of so many px."""
        tile = min(tile_x or _ENCODED_TILE, tile_y or _ENCODED_TILE)
        return self._encoded(pixel_samples, _tiling(tile, overlap, _ENCODED_OVERLAP, 1))

    def decode(self, samples_in: Any, *_: Any, **__: Any) -> Any:
        """Pictures `[B, H, W, 3]`, 0 to 1, of latents `[B, C, h, w]`."""
        return self._decoded(samples_in, None)

    def decode_tiled(
        self,
        samples: Any,
        tile_x: int | None = None,
        tile_y: int | None = None,
        overlap: int | None = None,
        *_: Any,
        **__: Any,
    ) -> Any:
        """The same, in tiles of so many latents."""
        tile = min(tile_x or _DECODED_TILE, tile_y or _DECODED_TILE)
        return self._decoded(samples, _tiling(tile, overlap, _DECODED_OVERLAP, SIDE))

    def _encoded(self, pixels: Any, tiling: Tiling | None) -> Any:
        array = array_of(pixels)
        return tensor_of(
            served(Autoencoders, lambda own, heard: own.encode(self.value, array, heard, tiling))
        )

    def _decoded(self, samples: Any, tiling: Tiling | None) -> Any:
        array = latents_of(samples)
        return tensor_of(
            served(Autoencoders, lambda own, heard: own.decode(self.value, array, heard, tiling))
        )


def _tiling(tile: int, overlap: int | None, usual: int, unit: int) -> Tiling:
    """Tiles in px; two share at most half of one."""
    shared = min(usual if overlap is None else overlap, tile // 2)
    return Tiling(tile * unit, shared * unit)


class Noise(Handle):
    """What sampling starts from."""

    WIRE = "NOISE"
    GIVEN_BY = "RandomNoise"
    KIND = values.Noise
    value: values.Noise

    @property
    def seed(self) -> int:
        """What it is drawn from; 0 for none."""
        return self.value.seed or 0

    def generate_noise(self, input_latent: dict[str, Any]) -> Any:
        """Noise for a LATENT, of its shape; zeros for none."""
        import torch

        samples = input_latent["samples"]
        if self.value.seed is None:
            return torch.zeros_like(samples)
        index = input_latent.get("batch_index") or ()
        return draw_noise(torch, generator_for(torch, self.seed), samples.shape, index)


class Sampler(Handle):
    """How noise is removed."""

    WIRE = "SAMPLER"
    GIVEN_BY = "KSamplerSelect"
    KIND = values.SamplerChoice
    value: values.SamplerChoice
