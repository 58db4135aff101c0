"""Networks in memory, as those who work with them see them: diffusers' and transformers' own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Prediction: TypeAlias = Literal["epsilon", "v_prediction", "flow"]
"""What a denoiser says of a noisy picture: the noise, the velocity, or flow matching's velocity."""


@dataclass(frozen=True, slots=True)
class LatentFormat:
    """How a family's latents are laid out: what a denoiser sees is `(samples - shift) * factor`.

    `factor` and `shift` are one number, or one for each channel; `side` is how many px one latent
    is wide.
    """

    channels: int
    factor: float | tuple[float, ...]
    shift: float | tuple[float, ...] = 0.0
    side: int = 8

    def scaled(self, samples: Any) -> Any:
        """Tensors `[B, C, h, w]` of a VAE as a denoiser sees them."""
        return (samples - _spread(self.shift, samples)) * _spread(self.factor, samples)

    def unscaled(self, seen: Any) -> Any:
        """What a denoiser sees, `[B, C, h, w]`, as a VAE takes it."""
        return seen / _spread(self.factor, seen) + _spread(self.shift, seen)


def _spread(numbers: float | tuple[float, ...], tensor: Any) -> Any:
    """Numbers such that each counts for its channel."""
    if isinstance(numbers, tuple):
        return tensor.new_tensor(numbers)[:, None, None]
    return numbers


@dataclass(frozen=True, slots=True)
class LoadedDenoiser:
    """A denoiser on its device, its LoRAs switched on.

    Attributes:
        network: `UNet2DConditionModel` of the UNet families; of others their transformer.
        family: as in `Denoiser.family`.
        prediction: what it predicts.
        latents: how its latents are laid out.
        schedule: the options of its noise schedule, as diffusers' schedulers take them
            (`beta_start`, `beta_end`, `beta_schedule`, `num_train_timesteps`, `shift`, ...).
        takes_mask: whether it was made for inpainting: it sees mask and masked latents as further
            channels.
    """

    network: Any
    family: str
    prediction: Prediction
    latents: LatentFormat
    schedule: Mapping[str, Any]
    takes_mask: bool
    device: Any
    dtype: Any


@dataclass(frozen=True, slots=True)
class EncoderPart:
    """One text encoder on its device.

    `name` is "l" and "g" for the CLIPs, "t5" for T5, "qwen" for Qwen2.5-VL; `network` is of
    transformers, `tokenizer` too.
    """

    name: str
    network: Any
    tokenizer: Any


@dataclass(frozen=True, slots=True)
class LoadedTextEncoder:
    """The encoders of a family on their device, their LoRAs switched on."""

    parts: tuple[EncoderPart, ...]
    family: str
    device: Any
    dtype: Any


@dataclass(frozen=True, slots=True)
class LoadedAutoencoder:
    """A VAE of diffusers on its device."""

    network: Any
    family: str
    latents: LatentFormat
    device: Any
    dtype: Any


@dataclass(frozen=True, slots=True)
class LoadedControlNet:
    """A ControlNet of diffusers on its device, as `ControlUse.network` asks for it."""

    network: Any
    family: str
    union_type: str
    device: Any
    dtype: Any
