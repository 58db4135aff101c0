"""Samplers as nodes ask for them: denoisers are borrowed for one run each."""

import numpy as np

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.denoising.loop import PREVIEW_STEPS, Run, Sampled, Watch
from paintgraph.models.denoising.requests import (
    SampleRequest,
    Steps,
    check_request,
    check_steps,
    steps_of,
)
from paintgraph.models.denoising.schedulers import Schedulers
from paintgraph.models.denoising.showing import Colours, learned, probes
from paintgraph.models.errors import EngineFailedError, OutOfMemoryError
from paintgraph.models.families.diffusion.loading import load_library
from paintgraph.models.latents.autoencoders import Autoencoders
from paintgraph.models.latents.holes import GREY
from paintgraph.models.networks.facts import FLOW, LATENTS, facts_of, takes_mask, with_patches
from paintgraph.models.networks.loaded import LoadedControlNet, LoadedDenoiser
from paintgraph.models.networks.networks import Networks
from paintgraph.models.sampling.values import (
    Array,
    Autoencoder,
    Conditioning,
    ControlNet,
    Denoiser,
    Guider,
    Sigmas,
)

_GREY_SIDE = 64


class Samplers:
    """Samples with the denoisers that values name."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._greys: dict[str, Array] = {}
        self._colours: dict[str, Colours | None] = {}

    def sample(
        self,
        request: SampleRequest,
        listening: Listening = SILENT,
        watch: Watch | None = None,
    ) -> Sampled:
        """What a request asks for; progress is told in steps, and each step to `watch`.

        Without a step to run the latents are given back as they are. Raises SamplingError or
        SamplerError for what cannot be sampled, before anything is loaded where that can be seen;
        ModelError for networks that cannot be used; EngineFailedError.
        """
        check_request(request)
        samples = request.latent.samples
        steps = request.steps
        if steps_of(steps) < 1:
            return Sampled(samples, samples)
        library = load_library()
        controls = controls_of(request)
        grey = self._grey(request.guider, listening)
        is_shown = listening.preview is not None and steps_of(steps) > PREVIEW_STEPS
        colours = self.colours(request.guider.denoiser) if is_shown else None

        def work(loaded: LoadedDenoiser, networks: tuple[LoadedControlNet, ...]) -> Sampled:
            by_value = dict(zip(controls, networks, strict=True))
            return Run(library, loaded, by_value, request, listening, watch).sample(grey, colours)

        batch, _, height, width = samples.shape
        pixels = batch * height * width * 8 * 8
        return self._networks.with_denoiser(
            request.guider.denoiser, controls, work, pixels, listening
        )

    def sigmas(self, denoiser: Denoiser, schedule: str, steps: int, denoise: float) -> Sigmas:
        """The levels of noise of steps by name: the last `steps` of a list of `steps / denoise`.

        They are those that a sampler goes through; nothing is loaded. Raises SamplingError or
        SamplerError, or ModelError for files that cannot be used.
        """
        asked = Steps(steps, schedule, denoise)
        check_steps(asked)
        if asked.is_empty:
            return ()
        return self._schedulers(denoiser).levels(schedule, asked.total)[asked.begin :]

    def turbo_sigmas(self, denoiser: Denoiser, steps: int, denoise: float) -> Sigmas:
        """The levels of noise for models that sample in few of ten equal steps, such as SD Turbo.

        Raises as `sigmas` does.
        """
        begin = 10 - int(10 * denoise)
        timesteps = range(999 - 100 * begin, 0, -100)[:steps]
        levels = self._schedulers(denoiser).levels("normal", 1000)
        return (*(levels[999 - timestep] for timestep in timesteps), 0.0) if timesteps else ()

    def colours(self, denoiser: Denoiser) -> Colours | None:
        """How a transformer's latents colour, by the VAE that came with it; None without one."""
        source = denoiser.source
        if source not in self._colours:
            self._colours[source] = self._learned(denoiser)
        return self._colours[source]

    def _learned(self, denoiser: Denoiser) -> Colours | None:
        described = self._networks.described(denoiser.source)
        if denoiser.family not in FLOW or not described.has("autoencoder"):
            return None
        form = LATENTS[denoiser.family]
        latents = form.unscaled(load_library().torch.from_numpy(probes(form.channels))).numpy()
        vae = Autoencoder(denoiser.source, denoiser.family)
        try:
            return learned(Autoencoders(self._networks).decode(vae, latents))
        except (EngineFailedError, OutOfMemoryError):  # no picture fails for want of a preview
            return None

    def _grey(self, guider: Guider, listening: Listening) -> Array | None:
        """Mid grey in latents `[C]`, as the model's own VAE writes it.

        None where a denoiser sees nothing of it: it was not made for inpainting, or its conditions
        show the picture with its hole. And where there is no VAE, with a warning.
        """
        source = guider.denoiser.source
        described = self._networks.described(source)
        is_shown = all(told.concat_latents is not None for told in _told(guider))
        if is_shown or not takes_mask(described):
            return None
        if not described.has("autoencoder"):
            listening.warn(
                "The model was made for inpainting, and nothing shows it the picture with its "
                "hole, which is nearly grey to it. InpaintModelConditioning shows it as it is."
            )
            return None
        if source not in self._greys:
            vae = Autoencoder(source, guider.denoiser.family)
            picture = np.full((1, _GREY_SIDE, _GREY_SIDE, 3), GREY, np.float32)
            encoded = Autoencoders(self._networks).encode(vae, picture)
            self._greys[source] = encoded[0].mean((1, 2))
        return self._greys[source]

    def _schedulers(self, denoiser: Denoiser) -> Schedulers:
        described = self._networks.described(denoiser.source).check("denoiser")
        return Schedulers(load_library(), with_patches(facts_of(described), denoiser.patches))


def controls_of(request: SampleRequest) -> tuple[ControlNet, ...]:
    """The ControlNets that a request's conditions use, each once, in their order."""
    uses = (use for told in _told(request.guider) for use in told.controls)
    return tuple(dict.fromkeys(use.network for use in uses))


def _told(guider: Guider) -> Conditioning:
    return (*guider.positive, *(guider.negative or ()))
