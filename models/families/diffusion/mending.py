"""What diffusers 0.42 expects of CLIP, and transformers 5 has no more: a layer called `text_model`.

Its layers are now those of the encoder itself. diffusers asks for it when layers are skipped, and
names LoRAs by it.
"""

from collections.abc import Mapping
from typing import Any

_INNER = "text_model"
_ENCODERS = ("text_encoder", "text_encoder_2")


def mend_text_encoders(pipe: Any) -> None:
    """Let the text encoders of a pipeline answer to the old name, and LoRAs find their layers."""
    flat = []
    for name in _ENCODERS:
        encoder = getattr(pipe, name, None)
        if hasattr(encoder, "final_layer_norm") and not hasattr(encoder, _INNER):
            # Past torch's own way to set attributes, which would make it a part of itself.
            encoder.__dict__[_INNER] = encoder
            flat.append(name)
    if flat and hasattr(pipe, "lora_state_dict"):
        _mend_loras(pipe, tuple(f"{name}.{_INNER}." for name in flat))


def _mend_loras(pipe: Any, prefixes: tuple[str, ...]) -> None:
    read = pipe.lora_state_dict

    def lora_state_dict(*args: Any, **options: Any) -> Any:
        found = read(*args, **options)
        if not isinstance(found, tuple):
            return _renamed(found, prefixes)
        return tuple(_renamed(part, prefixes) for part in found)

    pipe.lora_state_dict = lora_state_dict


def _renamed(tensors: Mapping[str, Any] | None, prefixes: tuple[str, ...]) -> Any:
    """Names without the layer that is gone; of metadata, which has other names, nothing changes."""
    if tensors is None:
        return None
    return {_shorter(name, prefixes): tensor for name, tensor in tensors.items()}


def _shorter(name: str, prefixes: tuple[str, ...]) -> str:
    for prefix in prefixes:
        if name.startswith(prefix):
            return prefix.removesuffix(f"{_INNER}.") + name.removeprefix(prefix)
    return name
