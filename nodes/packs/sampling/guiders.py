"""A denoiser with what it is told, as packs hold it."""

from typing import Any

from paintgraph.models.denoising.requests import SampleRequest
from paintgraph.models.sampling import values
from paintgraph.nodes.packs.sampling.arrays import array_of, latents_of, mask_of, numbers_of
from paintgraph.nodes.packs.sampling.conditionings import from_pairs, to_pairs
from paintgraph.nodes.packs.sampling.handles import Handle, Model, Sampler
from paintgraph.nodes.packs.sampling.refusing import refuse
from paintgraph.nodes.packs.sampling.running import Callback, sampled

_OWN_WAYS = ("predict_noise", "inner_sample", "outer_sample", "process_conds")


class Guider(Handle):
    """A denoiser, towards one prompt and away from another."""

    WIRE = "GUIDER"
    GIVEN_BY = "CFGGuider"
    KIND = values.Guider
    value: values.Guider

    def __init__(self, value: Any = None, *_: Any, **__: Any) -> None:
        super().__init__(values.Guider(value.value, ()) if isinstance(value, Model) else value)
        for name in _OWN_WAYS:
            if hasattr(type(self), name):
                refuse(self.WIRE, name)

    @property
    def model_patcher(self) -> Model:
        """The denoiser."""
        return Model(self.value.denoiser)

    @property
    def conds(self) -> dict[str, list[Any]]:
        """What it is told, by "positive" and "negative"."""
        told = {"positive": to_pairs(self.value.positive)}
        negative = self.value.negative
        return told if negative is None else {**told, "negative": to_pairs(negative)}

    @property
    def cfg(self) -> float:
        """How far it goes away from the negative prompt."""
        return self.value.cfg

    def set_conds(self, positive: list[Any], negative: list[Any] | None = None) -> None:
        """Tell it what is to be painted, and what not."""
        away = None if negative is None else from_pairs(negative)
        denoiser, cfg = self.value.denoiser, self.value.cfg
        self._become(values.Guider(denoiser, from_pairs(positive), away, cfg))

    def set_cfg(self, cfg: float) -> None:
        """Say how far it goes away from the negative prompt."""
        guider = self.value
        self._become(values.Guider(guider.denoiser, guider.positive, guider.negative, float(cfg)))

    def sample(
        self,
        noise: Any,
        latent_image: Any,
        sampler: Sampler,
        sigmas: Any,
        denoise_mask: Any = None,
        callback: Callback | None = None,
        disable_pbar: bool = False,
        seed: int | None = None,
    ) -> Any:
        """Latents `[B, C, h, w]` after going through some levels of noise."""
        mask = None if denoise_mask is None else mask_of(denoise_mask)
        request = SampleRequest(
            self.value,
            values.Latent(latents_of(latent_image), mask),
            values.Noise(seed or 0),
            sampler.value,
            numbers_of(sigmas),
            array_of(noise),
        )
        return sampled(request, callback)
