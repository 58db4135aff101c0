"""VAEs of diffusers, made by hand and lent as `Networks` does, each use counted."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import torch

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.latents.autoencoders import Autoencoders
from paintgraph.models.networks.loaded import LatentFormat, LoadedAutoencoder
from paintgraph.models.networks.networks import Networks
from paintgraph.models.sampling.values import Autoencoder
from paintgraph.tests.models.diffusion import tiny

Result = TypeVar("Result")
VAE = Autoencoder(f"tiny.safetensors@sha256:{'0' * 64}", "sd1")


class Lender:
    """Lends one network, as `Networks.with_autoencoder` does."""

    def __init__(self, network: Any, family: str = "sd1") -> None:
        self.network = network
        self.family = family
        self.pixels: list[int] = []

    def with_autoencoder(
        self,
        _: Autoencoder,
        work: Callable[[LoadedAutoencoder], Result],
        pixels: int,
        listening: Listening = SILENT,
    ) -> Result:
        """What `work` gives; see `Networks`."""
        del listening
        self.pixels.append(pixels)
        config = self.network.config
        channels = config.get("latent_channels") or config["z_dim"]
        latents = LatentFormat(channels, 0.18215)
        dtype = next(self.network.parameters()).dtype
        return work(LoadedAutoencoder(self.network, self.family, latents, "cpu", dtype))


def network(channels: int = 4, **more: Any) -> Any:
    torch.manual_seed(3)
    return tiny.vae(channels, **more).eval()


def service(lender: Lender) -> Autoencoders:
    return Autoencoders(cast("Networks", lender))
