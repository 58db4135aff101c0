"""ControlNets as packs hold them: one network, and in a condition the chain of those at work."""

from typing import Any

from paintgraph.models.sampling import values
from paintgraph.nodes.packs.host.placeholders import NeedsModelObjectsError
from paintgraph.nodes.packs.sampling.arrays import array_of
from paintgraph.nodes.packs.sampling.handles import Handle, Vae


class Control(Handle):
    """A ControlNet; once it has a picture it can act with a condition, after the previous one."""

    WIRE = "CONTROL_NET"
    GIVEN_BY = "ControlNetLoader"
    KIND = values.ControlNet
    value: values.ControlNet
    use: values.ControlUse | None
    previous_controlnet: "Control | None"

    def __init__(
        self,
        value: Any = None,
        use: values.ControlUse | None = None,
        previous: "Control | None" = None,
        *_: Any,
        **__: Any,
    ) -> None:
        super().__init__(value)
        object.__setattr__(self, "use", use)
        object.__setattr__(self, "previous_controlnet", previous)

    @staticmethod
    def chain(uses: tuple[values.ControlUse, ...]) -> "Control | None":
        """The last of some ControlNets at work, which knows those before it."""
        last: Control | None = None
        for use in uses:
            last = Control(use.network, use, last)
        return last

    def uses(self) -> tuple[values.ControlUse, ...]:
        """All of the chain, the first one first."""
        before = self.previous_controlnet.uses() if self.previous_controlnet else ()
        return before if self.use is None else (*before, self.use)

    def copy(self) -> "Control":
        """The network alone, to be given a picture."""
        return Control(self.value)

    def set_cond_hint(
        self,
        cond_hint: Any,
        strength: float = 1.0,
        timestep_percent_range: tuple[float, float] = (0.0, 1.0),
        vae: Vae | None = None,
        extra_concat: Any = (),
    ) -> "Control":
        """Let it act by a picture `[B, 3, H, W]`; gives the object itself."""
        if len(extra_concat):
            raise NeedsModelObjectsError(
                "'set_cond_hint' is given extra_concat, which no ControlNet here takes from packs. "
                "Use ControlNetInpaintingAliMamaApply for those that inpaint."
            )
        picture = array_of(cond_hint).transpose(0, 2, 3, 1)[..., :3].clip(0, 1)
        start, end = (min(max(float(each), 0.0), 1.0) for each in timestep_percent_range)
        network = None if vae is None else vae.value
        use = values.ControlUse(self.value, picture, float(strength), start, end, None, network)
        object.__setattr__(self, "use", use)
        return self

    def set_previous_controlnet(self, controlnet: "Control | None") -> "Control":
        """Let it act together with others; gives the object itself."""
        object.__setattr__(self, "previous_controlnet", controlnet)
        return self

    @property
    def strength(self) -> float:
        """By how much what it adds is multiplied."""
        return 1.0 if self.use is None else self.use.strength

    def __reduce__(self) -> Any:
        return Control, (self.value, self.use, self.previous_controlnet)
