"""Networks by reference, lent: each loaded once, and where it belongs in memory while it works."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.networks.loaded import (
    LoadedAutoencoder,
    LoadedControlNet,
    LoadedDenoiser,
    LoadedTextEncoder,
)
from paintgraph.models.sampling.values import Autoencoder, ControlNet, Denoiser, TextEncoder

Result = TypeVar("Result")


class Networks:
    """Lends the networks that values name.

    What `work` gets is its own until it returns; it keeps nothing of it. When memory runs out,
    `work` is called again, with the network spread or on another device: it starts anew each time.

    `clip_tokenizer` makes the tokenizer of CLIP, of which files of text encoders have none.
    """

    def __init__(self, models: ModelLender, clip_tokenizer: Callable[[], Any]) -> None:
        self._models = models
        self._clip_tokenizer = clip_tokenizer

    def with_denoiser(
        self,
        denoiser: Denoiser,
        controls: Sequence[ControlNet],
        work: Callable[[LoadedDenoiser, tuple[LoadedControlNet, ...]], Result],
        pixels: int,
        listening: Listening = SILENT,
    ) -> Result:
        """What `work` gives with a denoiser and the ControlNets that steer it, in their order.

        `pixels` is how many px of pictures are sampled at once: they need memory, too. Raises
        ModelError for files that cannot be used, and LoraError for LoRAs that do not fit.
        """
        raise NotImplementedError

    def with_text_encoder(
        self,
        encoder: TextEncoder,
        work: Callable[[LoadedTextEncoder], Result],
        listening: Listening = SILENT,
    ) -> Result:
        """What `work` gives with the text encoders of a family; raises as `with_denoiser` does."""
        raise NotImplementedError

    def with_autoencoder(
        self,
        autoencoder: Autoencoder,
        work: Callable[[LoadedAutoencoder], Result],
        pixels: int,
        listening: Listening = SILENT,
    ) -> Result:
        """What `work` gives with a VAE; raises as `with_denoiser` does.

        `pixels` is how many px of pictures it encodes or decodes at once.
        """
        raise NotImplementedError
