"""The sockets of what loads, encodes, samples and decodes: values of `models.sampling.values`."""

from functools import partial
from typing import Annotated, Any

from paintgraph.engine.graph.sockets import Socket, Value
from paintgraph.models.sampling import codec, values


def _socket(name: str, wire: str, kind: Any) -> Socket:
    """A socket of values of one kind."""

    def digest(value: Value) -> str:
        try:
            return codec.digest(kind, value.data)
        except ValueError:  # an open node may give anything
            return value.key

    return Socket(
        name,
        wire,
        partial(codec.canonical, kind),
        codec.weigh,
        digest,
        partial(codec.encode, kind),
        partial(codec.decode, kind),
    )


MODEL = _socket("model", "MODEL", values.Denoiser)
CLIP = _socket("clip", "CLIP", values.TextEncoder)
VAE = _socket("vae", "VAE", values.Autoencoder)
CONDITIONING = _socket("conditioning", "CONDITIONING", values.Conditioning)
LATENT = _socket("latent", "LATENT", values.Latent)
CONTROL_NET = _socket("control_net", "CONTROL_NET", values.ControlNet)
NOISE = _socket("noise", "NOISE", values.Noise)
SIGMAS = _socket("sigmas", "SIGMAS", values.Sigmas)
SAMPLER = _socket("sampler", "SAMPLER", values.SamplerChoice)
GUIDER = _socket("guider", "GUIDER", values.Guider)

SAMPLING_SOCKETS = (
    *(MODEL, CLIP, VAE, CONDITIONING, LATENT, CONTROL_NET),
    *(NOISE, SIGMAS, SAMPLER, GUIDER),
)

Denoiser = Annotated[values.Denoiser, MODEL]
TextEncoder = Annotated[values.TextEncoder, CLIP]
Autoencoder = Annotated[values.Autoencoder, VAE]
Conditioning = Annotated[values.Conditioning, CONDITIONING]
Latent = Annotated[values.Latent, LATENT]
ControlNet = Annotated[values.ControlNet, CONTROL_NET]
Noise = Annotated[values.Noise, NOISE]
Sigmas = Annotated[values.Sigmas, SIGMAS]
SamplerChoice = Annotated[values.SamplerChoice, SAMPLER]
Guider = Annotated[values.Guider, GUIDER]
