"""Samplers as nodes ask for them: denoisers are borrowed for one run each."""

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.denoising.loop import Run, Sampled
from paintgraph.models.denoising.requests import (
    SampleRequest,
    Steps,
    check_request,
    check_steps,
)
from paintgraph.models.denoising.schedulers import Schedulers
from paintgraph.models.errors import SamplingError
from paintgraph.models.families.diffusion.loading import load_library
from paintgraph.models.networks.facts import facts_of, with_patches
from paintgraph.models.networks.loaded import LoadedControlNet, LoadedDenoiser
from paintgraph.models.networks.networks import Networks
from paintgraph.models.sampling.values import ControlNet, Denoiser, Sigmas


class Samplers:
    """Samples with the denoisers that values name."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    def sample(self, request: SampleRequest, listening: Listening = SILENT) -> Sampled:
        """What a request asks for; progress is told in steps.

        Without a step to run the latents are given back as they are. Raises SamplingError or
        SamplerError for what cannot be sampled, before anything is loaded where that can be seen;
        ModelError for networks that cannot be used; EngineFailedError.
        """
        check_request(request)
        check_families(request)
        samples = request.latent.samples
        steps = request.steps
        if steps.is_empty if isinstance(steps, Steps) else len(steps) < 2:
            return Sampled(samples, samples)
        library = load_library()
        controls = controls_of(request)

        def work(loaded: LoadedDenoiser, networks: tuple[LoadedControlNet, ...]) -> Sampled:
            by_value = dict(zip(controls, networks, strict=True))
            return Run(library, loaded, by_value, request, listening).sample()

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

    def _schedulers(self, denoiser: Denoiser) -> Schedulers:
        described = self._networks.described(denoiser.source).check("denoiser")
        return Schedulers(load_library(), with_patches(facts_of(described), denoiser.patches))


def controls_of(request: SampleRequest) -> tuple[ControlNet, ...]:
    """The ControlNets that a request's conditions use, each once, in their order."""
    guider = request.guider
    told = (*guider.positive, *(guider.negative or ()))
    return tuple(dict.fromkeys(use.network for each in told for use in each.controls))


def check_families(request: SampleRequest) -> None:
    """Raise SamplingError for ControlNets of another family."""
    family = request.guider.denoiser.family
    for control in controls_of(request):
        if control.family != family:
            raise SamplingError(
                f"the ControlNet is for family '{control.family}', the model is of '{family}'. "
                "Use a ControlNet that was made for the model's family."
            )
