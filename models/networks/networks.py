"""Networks by reference, lent: each loaded once, and where it belongs in memory while it works."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.families.checkpoints.describing import Description
from paintgraph.models.families.diffusion.engine import dtype_for
from paintgraph.models.families.diffusion.loading import load_library
from paintgraph.models.families.diffusion.memory import plan_memory
from paintgraph.models.inpainting.protocols import Lora
from paintgraph.models.loading.devices import Placement, budgets
from paintgraph.models.loading.loaded import Loading
from paintgraph.models.loading.loaded_work import perform
from paintgraph.models.networks import building
from paintgraph.models.networks.choosing import check_control
from paintgraph.models.networks.encoders import Encoder, encoders_of, tokenizer_of
from paintgraph.models.networks.facts import FLOW, LATENTS, Facts, facts_of, with_patches
from paintgraph.models.networks.headers import Headers
from paintgraph.models.networks.held import HeldNetwork, place, release
from paintgraph.models.networks.loaded import (
    EncoderPart,
    LatentFormat,
    LoadedAutoencoder,
    LoadedControlNet,
    LoadedDenoiser,
    LoadedTextEncoder,
)
from paintgraph.models.sampling.values import (
    Autoencoder,
    ControlNet,
    Denoiser,
    LoraUse,
    TextEncoder,
)

Result = TypeVar("Result")

_DENOISING_BYTES = 1_500_000_000  # what activations take beside the weights
_OTHER_BYTES = 500_000_000


class Networks(Headers):
    """Lends the networks that values name.

    What `work` gets is its own until it returns; it keeps nothing of it. When memory runs out,
    `work` is called again, with the network spread or on another device: it starts anew each time.
    Within work with a denoiser a VAE may be borrowed, else nothing within anything: so nobody waits
    for ever.

    `clip_tokenizer` makes the tokenizer of CLIP, of which files of text encoders have none.
    """

    def __init__(self, models: ModelLender, clip_tokenizer: Callable[[], Any]) -> None:
        super().__init__(models.names)
        self._models = models
        self._clip_tokenizer = clip_tokenizer
        self._budget = budgets(models.rules)
        self._names: dict[str, str] = {}

    def bound(self, name: str, *kinds: Kind) -> str:
        """The reference of a file by its name, as graphs have it; raises ModelError."""
        return str(self._models.names.bind(name, *kinds))

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
        for control in controls:
            check_control(denoiser, control, self.described(control.source))
        described = self.described(denoiser.source).check("denoiser")
        facts = with_patches(facts_of(described), denoiser.patches)
        loras = self._loras(denoiser.loras)
        loading = self._denoiser(denoiser.source, described, facts, listening)
        steering = {each.source: self._control(each, listening) for each in controls}

        def attempt(held: HeldNetwork, *, small: bool) -> Result:
            with self._others(steering, held.placement, listening) as others:
                held.use(loras, listening)
                with self._placed([held, *others.values()], pixels, small=small):
                    loaded = LoadedDenoiser(
                        held.network,
                        denoiser.family,
                        facts.prediction,
                        facts.latents,
                        facts.schedule,
                        facts.takes_mask,
                        held.device,
                        held.dtype,
                    )
                    found = tuple(_steering(each, others[each.source]) for each in controls)
                    return work(loaded, found)

        return self._perform(denoiser.source, loading, attempt, listening)

    def with_text_encoder(
        self,
        encoder: TextEncoder,
        work: Callable[[LoadedTextEncoder], Result],
        listening: Listening = SILENT,
    ) -> Result:
        """What `work` gives with the text encoders of a family; raises as `with_denoiser` does."""
        described = [(source, self.described(source)) for source in encoder.sources]
        parts = {each.name: each for each in encoders_of(described, encoder.family)}
        loras = self._loras(encoder.loras)
        loadings = {n: self._encoder(e, encoder.family, listening) for n, e in parts.items()}
        first = min(parts, key=lambda name: _order(loadings[name]))
        loading = loadings.pop(first)

        def attempt(held: HeldNetwork, *, small: bool) -> Result:
            with self._others(loadings, held.placement, listening) as others:
                every = {first: held, **others}
                for each in every.values():
                    each.use(loras, listening)
                with self._placed(list(every.values()), 0, small=small):
                    loaded = tuple(
                        EncoderPart(name, every[name].network, self._tokenizer(parts[name]))
                        for name in parts
                    )
                    return work(LoadedTextEncoder(loaded, encoder.family, held.device, held.dtype))

        return self._perform(parts[first].reference, loading, attempt, listening)

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
        described = self.described(autoencoder.source).check("autoencoder")
        piece = described.contents.autoencoder
        loading = self._loading(
            autoencoder.source,
            "autoencoder",
            building.weight_elements(described, piece, "vae"),
            _DENOISING_BYTES,
            lambda placement: self._vae_held(described, placement, listening),
        )

        def attempt(held: HeldNetwork, *, small: bool) -> Result:
            with self._placed([held], pixels, small=small):
                latents = _format_of(held.network, autoencoder.family)
                return work(
                    LoadedAutoencoder(
                        held.network, autoencoder.family, latents, held.device, held.dtype
                    )
                )

        return self._perform(autoencoder.source, loading, attempt, listening)

    def _perform(
        self,
        reference: str,
        loading: Loading[HeldNetwork],
        attempt: Callable[..., Result],
        listening: Listening,
    ) -> Result:
        placed = self._models.placed(ModelRef.parse(reference))
        return perform(
            self._models.loaded,
            loading,
            self._models.placement(placed),
            partial(attempt, small=False),
            partial(attempt, small=True),
            listening,
        )

    @contextmanager
    def _others(
        self,
        loadings: dict[str, Loading[HeldNetwork]],
        placement: Placement,
        listening: Listening,
    ) -> Iterator[dict[str, HeldNetwork]]:
        """Further networks, borrowed in an order that all users have in common.

        Else two of them might wait for each other.
        """
        with ExitStack() as stack:
            held: dict[str, HeldNetwork] = {}
            by_name: dict[tuple[str, str], HeldNetwork] = {}
            for key, loading in sorted(loadings.items(), key=lambda item: _order(item[1])):
                if _order(loading) not in by_name:
                    lease = self._models.loaded.lease(loading, placement, listening)
                    by_name[_order(loading)] = stack.enter_context(lease)
                held[key] = by_name[_order(loading)]
            yield held

    @contextmanager
    def _placed(self, held: Sequence[HeldNetwork], pixels: int, *, small: bool) -> Iterator[None]:
        """While this lasts, networks are where they work."""
        device = held[0].device
        sizes = {str(number): each.weight_bytes for number, each in enumerate(held)}
        place(held, plan_memory(device, sizes, self._budget(device), pixels, small=small))
        try:
            yield
        finally:
            release(held)

    def _loras(self, uses: Sequence[LoraUse]) -> list[Lora]:
        """The LoRAs of some uses; what is used twice counts once with both strengths."""
        found: dict[str, Lora] = {}
        for use in uses:
            ref = ModelRef.parse(use.source)
            before = found[ref.digest].weight if ref.digest in found else 0.0
            file = self._models.placed(ref).file
            found[ref.digest] = Lora(ref.name, file, ref.digest, before + use.strength)
        return [lora for lora in found.values() if lora.weight]

    def _loading(
        self,
        reference: str,
        part: str,
        elements: int,
        work_bytes: int,
        load: Callable[[Placement], HeldNetwork],
    ) -> Loading[HeldNetwork]:
        """How a network comes into memory; equal files are one, whatever they are called."""
        ref = ModelRef.parse(reference)
        name = self._names.setdefault(ref.digest, str(ref))
        placement = self._models.placement(self._models.placed(ref))
        memory_bytes = elements * dtype_for(load_library(), placement).itemsize + work_bytes
        return Loading(name, memory_bytes, load, part=part)

    def _denoiser(
        self, reference: str, described: Description, facts: Facts, listening: Listening
    ) -> Loading[HeldNetwork]:
        family = described.family or ""
        part = "transformer" if family in FLOW else "unet"

        def load(placement: Placement) -> HeldNetwork:
            with self._models.my_turn(listening):
                dtype = dtype_for(load_library(), placement)
                network = building.build_denoiser(described, dtype)
                held = HeldNetwork(network, placement, dtype)
                is_fill = family == "flux" and facts.takes_mask
                held.with_pipe(family, described.name, part, is_fill=is_fill)
                return held

        elements = building.weight_elements(described, described.contents.denoiser, part)
        return self._loading(reference, "denoiser", elements, _DENOISING_BYTES, load)

    def _control(self, control: ControlNet, listening: Listening) -> Loading[HeldNetwork]:
        described = self.described(control.source).check("control")

        def load(placement: Placement) -> HeldNetwork:
            with self._models.my_turn(listening):
                dtype = dtype_for(load_library(), placement)
                network = building.build_controlnet(described, dtype)
                return HeldNetwork(network, placement, dtype)

        elements = building.weight_elements(described, described.contents.control, "")
        return self._loading(control.source, "control", elements, 0, load)

    def _encoder(self, encoder: Encoder, family: str, listening: Listening) -> Loading[HeldNetwork]:
        described, name = encoder.described, encoder.name

        def load(placement: Placement) -> HeldNetwork:
            with self._models.my_turn(listening):
                dtype = dtype_for(load_library(), placement)
                network = building.build_encoder(described, encoder.inner, name, family, dtype)
                held = HeldNetwork(network, placement, dtype)
                if name in ("l", "g"):
                    held.with_pipe(family, described.name, building.folder_of(name, family))
                return held

        piece = described.contents.encoders.get(encoder.inner)
        elements = building.weight_elements(described, piece, building.folder_of(name, family))
        return self._loading(
            encoder.reference, f"encoder {name} {family}", elements, _OTHER_BYTES, load
        )

    def _vae_held(
        self, described: Description, placement: Placement, listening: Listening
    ) -> HeldNetwork:
        with self._models.my_turn(listening):
            torch = load_library().torch
            dtype = dtype_for(load_library(), placement)
            if dtype is torch.float16:  # in which many VAEs give no numbers
                dtype = torch.float32
            return HeldNetwork(building.build_autoencoder(described, dtype), placement, dtype)

    def _tokenizer(self, encoder: Encoder) -> Any:
        return tokenizer_of(encoder, self._clip_tokenizer, self._models.names.placed)


def _order(loading: Loading[HeldNetwork]) -> tuple[str, str]:
    return loading.name, loading.part


def _steering(control: ControlNet, held: HeldNetwork) -> LoadedControlNet:
    return LoadedControlNet(
        held.network, control.family, control.union_type, held.device, held.dtype
    )


def _format_of(network: Any, family: str) -> LatentFormat:
    """How a VAE's latents are laid out, as its configuration says."""
    config = network.config
    channels = config.get("latent_channels") or config.get("z_dim")
    widths = config.get("block_out_channels") or config.get("dim_mult") or [0] * 4
    laid = replace(LATENTS[family], channels=int(channels), side=2 ** (len(widths) - 1))
    factor, shift = config.get("scaling_factor"), config.get("shift_factor")
    return replace(laid, factor=float(factor), shift=float(shift or 0.0)) if factor else laid
