"""What requests may hold: names, defaults and ranges as FooocusAPI documents them.

Bodies become fields; what was sent is kept with the job, without the pictures themselves. Imports
pydantic, which takes its time: handlers import this module when they need it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from paintgraph.api.fooocus.field_errors import Fault, FieldsError, shortened
from paintgraph.base.words import shorten

_MOST_FAULTS = 100
_LONGEST = 20_000
NO_PICTURE = frozenset({None, "", "None", "none", "null", "string"})
"""What clients send that have no picture to send."""

Picture = Annotated[
    str | None,
    Field(
        description="Address, data URL or base64 of a picture; None, none, null, string: no picture"
    ),
]
Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class MaskModel(StrEnum):
    """What looks for the subject."""

    U2NET = "u2net"
    U2NETP = "u2netp"
    U2NET_HUMAN_SEG = "u2net_human_seg"
    U2NET_CLOTH_SEG = "u2net_cloth_seg"
    SILUETA = "silueta"
    ISNET_GENERAL_USE = "isnet-general-use"
    ISNET_ANIME = "isnet-anime"
    SAM = "sam"


class Side(StrEnum):
    """Where a picture is continued."""

    LEFT = "Left"
    RIGHT = "Right"
    TOP = "Top"
    BOTTOM = "Bottom"


class Performance(StrEnum):
    """How many steps a diffusion model takes; those that `STEPS` lacks need models of their own."""

    QUALITY = "Quality"
    SPEED = "Speed"
    EXTREME_SPEED = "Extreme Speed"
    LIGHTNING = "Lightning"
    HYPER_SD = "Hyper-SD"


STEPS = {
    Performance.QUALITY: 60,
    Performance.SPEED: 30,
}


class Fields(BaseModel):
    """A body. Unknown names are kept, so that they can be reported."""

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())


class MaskFields(Fields):
    """What a mask is made from; only the picture has to be there."""

    image: Annotated[str, Field(description="Address, data URL or base64 of a picture")]
    mask_model: MaskModel = MaskModel.ISNET_GENERAL_USE
    cloth_category: Annotated[
        str, Field(description="full, upper or lower; counts with u2net_cloth_seg")
    ] = "full"
    dino_prompt_text: Annotated[str, Field(description="What sam selects")] = ""
    sam_model: Annotated[str, Field(description="vit_b, vit_l or vit_h")] = "vit_b"
    box_threshold: Unit = 0.3
    text_threshold: Unit = 0.25
    sam_max_detections: Annotated[int, Field(ge=0, le=10, description="0: all")] = 0
    dino_erode_or_dilate: Annotated[
        float, Field(ge=-64, le=64, allow_inf_nan=False, description="Grows each box, in px")
    ] = 0
    dino_debug: Annotated[bool, Field(description="Select the boxes themselves")] = False


class Lora(Fields):
    """A change of the diffusion model."""

    enabled: bool = True
    model_name: str = "None"
    weight: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] = 1.0


DEFAULT_LORA = "sd_xl_offset_example-lora_1.0.safetensors"


class GenerateFields(Fields):
    """What is painted, and how the answer comes."""

    prompt: str = ""
    negative_prompt: str = ""
    inpaint_additional_prompt: str = ""
    inpaint_input_image: Picture = "None"
    inpaint_mask_image_upload: Picture = "None"
    outpaint_selections: list[Side] = []
    outpaint_distance: Annotated[
        list[int], Field(description="px: left, top, right, bottom; 0: a third of the side")
    ] = [0, 0, 0, 0]
    inpaint_engine: str = "v2.6"
    inpaint_strength: Unit = 1.0
    inpaint_respective_field: Unit = 0.618
    inpaint_erode_or_dilate: Annotated[int, Field(ge=-64, le=64)] = 0
    inpaint_disable_initial_latent: bool = False
    invert_mask_checkbox: bool = False
    image_number: Annotated[int, Field(ge=1, le=32)] = 1
    image_seed: int = -1
    disable_seed_increment: bool = False
    guidance_scale: Annotated[float, Field(ge=1, le=30, allow_inf_nan=False)] = 4.0
    performance_selection: Performance = Performance.SPEED
    overwrite_step: int = -1
    sampler_name: str = "dpmpp_2m_sde_gpu"
    scheduler_name: str = "karras"
    base_model_name: str = "juggernautXL_v8Rundiffusion.safetensors"
    vae_name: str = "Default (model)"
    clip_skip: Annotated[int, Field(ge=1, le=12)] = 2
    loras: list[Lora] = [Lora(enabled=True, model_name=DEFAULT_LORA, weight=0.1)]
    output_format: str = "png"
    save_name: str | None = None
    save_metadata_to_images: Annotated[
        bool, Field(description="Write the numbers of the repaint into PNG files")
    ] = True
    async_process: bool = False
    stream_output: bool = False
    webhook_url: str = ""
    require_base64: bool = False
    disable_preview: bool = False


_BY_DESIGN = {
    # Fooocus itself sets these, whatever a client sends.
    "input_image_checkbox",
    "current_tab",
    "inpaint_advanced_masking_checkbox",
    "inpaint_mask_upload_checkbox",
}
_DEFAULTS: dict[str, Any] = {
    "preset": "initial",
    "aspect_ratios_selection": "1152*896",
    "overwrite_width": -1,
    "overwrite_height": -1,
    "overwrite_switch": -1,
    "overwrite_vary_strength": -1,
    "overwrite_upscale_strength": -1,
    "style_selections": ["Fooocus V2", "Fooocus Enhance", "Fooocus Sharp"],
    "sharpness": 2.0,
    "adaptive_cfg": 7.0,
    "adm_scaler_positive": 1.5,
    "adm_scaler_negative": 0.8,
    "adm_scaler_end": 0.3,
    "refiner_model_name": "None",
    "refiner_switch": 0.5,
    "refiner_swap_method": "joint",
    "metadata_scheme": "fooocus",
    "upscale_multiple": 1.0,
    "uov_method": "Disabled",
}
_NOTHING: tuple[Any, ...] = (None, "", "None", "none", "string", False, 0, -1, [], {})


def unused(fields: Fields) -> list[str]:
    """Names of what was sent, means something elsewhere, and has no effect here."""
    return sorted(
        name
        for name, value in (fields.model_extra or {}).items()
        if name not in _BY_DESIGN and value != _DEFAULTS.get(name) and value not in _NOTHING
    )


Read = TypeVar("Read", bound=Fields)


def fields_of(kind: type[Read], body: Mapping[str, Any]) -> Read:
    """The fields of a body; raises FieldsError with every fault, in FastAPI's words."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise FieldsError([_from_pydantic(dict(each)) for each in found[:_MOST_FAULTS]]) from error


def _from_pydantic(found: dict[str, Any]) -> Fault:
    plain: Fault = {
        "type": found["type"],
        "loc": ["body", *(shortened(step) for step in found["loc"])],
        "msg": found["msg"],
        "input": shortened(found["input"]),
    }
    if "ctx" in found:
        plain["ctx"] = {
            name: value if isinstance(value, int | float | str) else str(value)
            for name, value in found["ctx"].items()
        }
    return plain


def stored(body: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    """What was sent, with digests in place of pictures, and other long texts cut off."""
    return {name: pictures.get(name) or _short(value) for name, value in body.items()}


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return shorten(value, _LONGEST)
    if isinstance(value, dict):
        return {name: _short(entry) for name, entry in value.items()}
    return [_short(entry) for entry in value] if isinstance(value, list) else value


_SCALARS = {
    "integer": ["integer", "number", "string", "boolean"],
    "number": ["number", "string", "boolean"],
    "boolean": ["boolean", "string", "number"],
}


def schemas() -> dict[str, Any]:
    """JSON Schemas of the bodies."""
    return schemas_of(FooocusMask=MaskFields, FooocusGenerate=GenerateFields)


def schemas_of(**models: type[Fields]) -> dict[str, Any]:
    """JSON Schemas by name. Numbers and truth values may come as texts, as FastAPI reads them."""
    made: dict[str, Any] = {}
    for name, model in models.items():
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        made |= schema.pop("$defs", {})
        made[name] = schema
    return {name: _relaxed(schema) for name, schema in made.items()}


def _relaxed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_relaxed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    relaxed = {name: _relaxed(entry) for name, entry in schema.items()}
    if isinstance(schema.get("type"), str) and schema["type"] in _SCALARS:
        relaxed["type"] = _SCALARS[schema["type"]]
    return relaxed
