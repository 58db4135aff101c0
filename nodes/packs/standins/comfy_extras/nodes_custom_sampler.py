"""Stand-in for `comfy_extras.nodes_custom_sampler`: classes over our own nodes."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.core_classes import core_class
from paintgraph.nodes.sampling import custom

RandomNoise = core_class(custom.random_noise, "get_noise")
DisableNoise = core_class(custom.disable_noise, "get_noise")
KSamplerSelect = core_class(custom.k_sampler_select, "get_sampler")
BasicScheduler = core_class(custom.basic_scheduler, "get_sigmas")
SDTurboScheduler = core_class(custom.sd_turbo_scheduler, "get_sigmas")
KarrasScheduler = core_class(custom.karras_scheduler, "get_sigmas")
ExponentialScheduler = core_class(custom.exponential_scheduler, "get_sigmas")
PolyexponentialScheduler = core_class(custom.polyexponential_scheduler, "get_sigmas")
SplitSigmas = core_class(custom.split_sigmas, "get_sigmas")
SplitSigmasDenoise = core_class(custom.split_sigmas_denoise, "get_sigmas")
FlipSigmas = core_class(custom.flip_sigmas, "get_sigmas")
CFGGuider = core_class(custom.cfg_guider, "get_guider")
BasicGuider = core_class(custom.basic_guider, "get_guider")
SamplerCustom = core_class(custom.sampler_custom, "sample")
SamplerCustomAdvanced = core_class(custom.sampler_custom_advanced, "sample")

CLASSES = (
    *(RandomNoise, DisableNoise, KSamplerSelect, BasicScheduler, SDTurboScheduler),
    *(KarrasScheduler, ExponentialScheduler, PolyexponentialScheduler, SplitSigmas),
    *(SplitSigmasDenoise, FlipSigmas, CFGGuider, BasicGuider, SamplerCustom),
    SamplerCustomAdvanced,
)

__getattr__ = names_of("comfy_extras.nodes_custom_sampler")
