"""Stand-in for `comfy.comfy_types.node_typing`: names for what node classes declare."""

from enum import Enum
from typing import Any, TypedDict

from paintgraph.nodes.packs.host.placeholders import names_of


class StrEnum(str, Enum):
    """Texts with names."""

    def __str__(self) -> str:
        return str(self.value)


class IO(StrEnum):
    """Types of sockets."""

    STRING = "STRING"
    IMAGE = "IMAGE"
    MASK = "MASK"
    LATENT = "LATENT"
    BOOLEAN = "BOOLEAN"
    INT = "INT"
    FLOAT = "FLOAT"
    COMBO = "COMBO"
    CONDITIONING = "CONDITIONING"
    SAMPLER = "SAMPLER"
    SIGMAS = "SIGMAS"
    GUIDER = "GUIDER"
    NOISE = "NOISE"
    CLIP = "CLIP"
    CONTROL_NET = "CONTROL_NET"
    VAE = "VAE"
    MODEL = "MODEL"
    LORA_MODEL = "LORA_MODEL"
    LOSS_MAP = "LOSS_MAP"
    CLIP_VISION = "CLIP_VISION"
    CLIP_VISION_OUTPUT = "CLIP_VISION_OUTPUT"
    STYLE_MODEL = "STYLE_MODEL"
    GLIGEN = "GLIGEN"
    UPSCALE_MODEL = "UPSCALE_MODEL"
    AUDIO = "AUDIO"
    VIDEO = "VIDEO"
    WEBCAM = "WEBCAM"
    POINT = "POINT"
    FACE_ANALYSIS = "FACE_ANALYSIS"
    BBOX = "BBOX"
    SEGS = "SEGS"
    ANY = "*"
    NUMBER = "FLOAT,INT"
    PRIMITIVE = "STRING,FLOAT,INT,BOOLEAN"

    def __ne__(self, other: object) -> bool:
        if self.value == "*" or other == "*":
            return False
        if not isinstance(other, str):
            return True
        return not set(other.split(",")).issubset(self.value.split(","))

    __hash__ = str.__hash__


class InputTypeOptions(TypedDict, total=False):
    """Options of one input."""

    default: Any
    min: float
    max: float
    lazy: bool
    tooltip: str


class InputTypeDict(TypedDict, total=False):
    """What INPUT_TYPES gives."""

    required: dict[str, Any]
    optional: dict[str, Any]
    hidden: dict[str, Any]


class FileLocator(TypedDict):
    """A file that editors show."""

    filename: str
    subfolder: str
    type: str


class ComfyNodeABC:
    """The base of node classes that declare their types."""

    DESCRIPTION: str
    CATEGORY: str
    EXPERIMENTAL: bool
    DEPRECATED: bool
    FUNCTION: str
    RETURN_TYPES: tuple[Any, ...]

    @classmethod
    def INPUT_TYPES(cls) -> InputTypeDict:
        """The inputs."""
        return {"required": {}}


class CheckLazyMixin:
    """Evaluates every lazy input that is still missing."""

    def check_lazy_status(self, **kwargs: Any) -> list[str]:
        """The inputs that are not there yet."""
        return [name for name, value in kwargs.items() if value is None]


__getattr__ = names_of("comfy.comfy_types.node_typing")
