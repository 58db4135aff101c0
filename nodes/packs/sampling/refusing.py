"""What ComfyUI's objects for networks have and these have not: told by name, with the way out."""

from collections.abc import Mapping
from typing import Any, NoReturn

from paintgraph.nodes.packs.host.placeholders import NeedsModelObjectsError

PATCHES = (
    *("add_patches", "add_object_patch", "add_weight_wrapper", "add_wrapper", "add_callback"),
    *("add_hook_patches", "set_model_", "set_injections", "set_attachments", "patch_model"),
    *("set_additional_models", "patch_hooks", "inject_model", "get_key_patches"),
)
"""How the methods begin that change what a network computes."""

_INSTEAD: Mapping[str, str] = {
    "add_patches": "LoraLoader",
    "get_key_patches": "LoraLoader",
    "add_object_patch": "ModelSamplingDiscrete, ModelSamplingSD3 or ModelSamplingFlux",
    "set_model_denoise_mask_function": "DifferentialDiffusion",
    "first_stage_model": "its encode() and decode()",
    "cond_stage_model": "its tokenize() and encode_from_tokens()",
    "tokenizer": "its tokenize()",
}
_LEAVE = "the model as it is, and leave the node out"


class NotHereError(NeedsModelObjectsError, AttributeError):
    """An attribute of ComfyUI's objects that ours lack: `hasattr` says no, all else is told."""


def instead_of(name: str) -> str:
    """What does the job of an attribute of ComfyUI's objects."""
    return _INSTEAD.get(name, _LEAVE)


def is_patch(name: str) -> bool:
    """Whether an attribute changes what a network computes."""
    return name.startswith(PATCHES)


def refuse(kind: str, name: str) -> NoReturn:
    """Raise NotHereError for what is asked of an object."""
    raise NotHereError(
        f"'{kind}.{name}' belongs to ComfyUI's model objects, of which a {kind} here is none: it "
        f"says which network is meant, and lets it work. Use {instead_of(name)}."
    )


class Frozen(dict[str, Any]):
    """Options of a model, to be looked at."""

    def __setitem__(self, name: str, _: object) -> None:
        refuse("MODEL", f"model_options[{name!r}]")

    def __delitem__(self, name: str) -> None:
        refuse("MODEL", f"model_options[{name!r}]")

    def setdefault(self, name: str, default: Any = None) -> Any:
        """What is there; what is not is refused."""
        if name not in self and default is not None:
            refuse("MODEL", f"model_options[{name!r}]")
        return self.get(name)

    def update(self, *given: Any, **named: Any) -> None:
        """Refused, unless there is nothing to add."""
        for name in dict(*given, **named):
            refuse("MODEL", f"model_options[{name!r}]")

    def copy(self) -> "Frozen":
        """Options that are as frozen as these."""
        return Frozen(self)

    def __copy__(self) -> "Frozen":
        return self

    def __deepcopy__(self, _: object) -> "Frozen":
        return self
