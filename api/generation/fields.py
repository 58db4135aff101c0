"""What requests may hold: names, defaults and ranges as Fooocus-API documents them.

A body becomes fields, and these become those of `/v1/engine/generate`, from which all else follows.
Forms hold texts only, so lists may be texts with commas, and mappings texts of JSON. Imports
pydantic, which takes its time: handlers import this module when they need it.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from paintgraph.api.fooocus.fields import (
    DEFAULT_LORA,
    Fields,
    GenerateFields,
    Performance,
    Picture,
    Side,
    Unit,
    fields_of,
    schemas_of,
    unused,
)
from paintgraph.base.text.document import TextError
from paintgraph.base.text.json_reader import read_json

_NO_TEXT = frozenset({"None", "none", "null"})
_NOTHING: tuple[Any, ...] = (None, "", "None", [])
_SIDES = ("left", "top", "right", "bottom")


def _listed(value: object) -> object:
    """The entries of a text with commas; none for null."""
    if value is None:
        return []
    if not isinstance(value, str):
        return value
    return [entry for part in value.split(",") if (entry := part.strip())]


def _parsed(value: object) -> object:
    """What a text of JSON says."""
    if not isinstance(value, str):
        return value
    if value.strip() in ("", *_NO_TEXT):
        return None
    try:
        return read_json(value.encode("utf-8", "replace"), max_bytes=4 * len(value)).value
    except TextError as error:
        raise PydanticCustomError(
            "json_invalid", "Invalid JSON: {error}", {"error": error.message}
        ) from error


Distance = Annotated[
    Annotated[int, Field(le=16384)] | None, Field(description="px; 0 and less: a part of the side")
]


def _number(least: float, most: float) -> Any:
    return Field(ge=least, le=most, allow_inf_nan=False)


class GenerationLora(Fields):
    """A change of the diffusion model."""

    enabled: bool = True
    model_name: str = "None"
    weight: Annotated[float, _number(-2, 2)] = 0.5


class GenerationAdvanced(Fields):
    """`advanced_params`; what is beneath `disable_preview` has no effect."""

    inpaint_engine: str = "v2.6"
    inpaint_strength: Unit = 1.0
    inpaint_respective_field: Unit = 1.0
    inpaint_disable_initial_latent: bool = False
    inpaint_erode_or_dilate: Annotated[int, Field(ge=-64, le=64)] = 0
    invert_mask_checkbox: bool = False
    sampler_name: str = "dpmpp_2m_sde_gpu"
    scheduler_name: str = "karras"
    overwrite_step: Annotated[int, Field(ge=-1, le=200)] = -1
    clip_skip: Annotated[int, Field(ge=1, le=12)] = 2
    vae_name: str = "Default (model)"
    disable_seed_increment: bool = False
    disable_preview: bool = False

    adm_scaler_positive: Annotated[float, _number(0.1, 3)] = 1.5
    adm_scaler_negative: Annotated[float, _number(0.1, 3)] = 0.8
    adm_scaler_end: Annotated[float, _number(0, 1)] = 0.3
    refiner_swap_method: str = "joint"
    adaptive_cfg: Annotated[float, _number(1, 30)] = 7.0
    overwrite_switch: Annotated[float, _number(-1, 200)] = -1
    overwrite_width: Annotated[int, Field(ge=-1, le=2048)] = -1
    overwrite_height: Annotated[int, Field(ge=-1, le=2048)] = -1
    overwrite_vary_strength: Annotated[float, _number(-1, 1)] = -1.0
    overwrite_upscale_strength: Annotated[float, _number(-1, 1)] = -1.0
    controlnet_softness: Annotated[float, _number(0, 1)] = 0.25
    canny_low_threshold: Annotated[int, Field(ge=1, le=255)] = 64
    canny_high_threshold: Annotated[int, Field(ge=1, le=255)] = 128
    freeu_b1: float = 1.01
    freeu_b2: float = 1.02
    freeu_s1: float = 0.99
    freeu_s2: float = 0.95


class PaintFields(Fields):
    """A repaint; what is beneath `advanced_params` has no effect."""

    input_image: Annotated[Picture, Field(description="The picture; needed")] = None
    input_mask: Annotated[Picture, Field(description="White is repainted")] = None
    inpaint_additional_prompt: str | None = None
    outpaint_selections: Annotated[list[Side], BeforeValidator(_listed)] = Field(
        default_factory=list
    )
    outpaint_distance_left: Distance = -1
    outpaint_distance_top: Distance = -1
    outpaint_distance_right: Distance = -1
    outpaint_distance_bottom: Distance = -1
    prompt: str = ""
    negative_prompt: str = ""
    performance_selection: Performance = Performance.SPEED
    image_number: Annotated[int, Field(ge=1, le=32)] = 1
    image_seed: int = -1
    guidance_scale: Annotated[float, _number(1, 30)] = 4.0
    base_model_name: str = "juggernautXL_version6Rundiffusion.safetensors"
    loras: Annotated[list[GenerationLora] | None, BeforeValidator(_parsed)] = Field(
        default_factory=lambda: [GenerationLora(model_name=DEFAULT_LORA, weight=0.1)]
    )
    save_extension: str = "png"
    save_name: str | None = None
    save_meta: Annotated[
        bool, Field(description="Write the numbers of the repaint into PNG files")
    ] = True
    require_base64: bool = False
    async_process: bool = False
    webhook_url: str | None = None
    advanced_params: Annotated[GenerationAdvanced | None, BeforeValidator(_parsed)] = None

    style_selections: Annotated[list[str] | None, BeforeValidator(_listed)] = Field(
        default_factory=lambda: ["Fooocus V2", "Fooocus Enhance", "Fooocus Sharp"]
    )
    aspect_ratios_selection: str = "1152*896"
    sharpness: Annotated[float, _number(0, 30)] = 2.0
    refiner_model_name: str | None = "None"
    refiner_switch: Annotated[float, _number(0.1, 1)] = 0.5
    meta_scheme: str = "fooocus"
    read_wildcards_in_order: bool = False


_SAME = (
    *("inpaint_additional_prompt", "outpaint_selections", "prompt", "negative_prompt"),
    *("performance_selection", "image_number", "image_seed", "guidance_scale", "base_model_name"),
    *("loras", "save_name", "require_base64", "async_process", "webhook_url"),
)
_RENAMED = {
    "inpaint_input_image": "input_image",
    "inpaint_mask_image_upload": "input_mask",
    "output_format": "save_extension",
    "save_metadata_to_images": "save_meta",
}
"""Names of `/v1/engine/generate` by those that are used here instead."""

_ADVANCED = tuple(
    name for name in GenerationAdvanced.model_fields if name in GenerateFields.model_fields
)
_WITHOUT_EFFECT = (
    *("style_selections", "aspect_ratios_selection", "sharpness", "refiner_model_name"),
    *("refiner_switch", "meta_scheme", "read_wildcards_in_order"),
)
NAMES: Mapping[str, Sequence[str]] = {
    **{name: (here,) for name, here in _RENAMED.items()},
    **{name: ("advanced_params", name) for name in _ADVANCED},
    "outpaint_distance": ("outpaint_distance_left",),
}
"""What is called otherwise here, as paths into bodies."""


def paint_fields(body: Mapping[str, Any]) -> PaintFields:
    """The fields of a body; raises FieldsError with every fault."""
    return fields_of(PaintFields, body)


def as_task(fields: PaintFields) -> GenerateFields:
    """The same as fields of `/v1/engine/generate`; what was not sent stays so, where it counts."""
    advanced = fields.advanced_params or GenerationAdvanced()
    own = {name: name for name in _SAME} | _RENAMED
    plain = {name: getattr(fields, here) for name, here in own.items()}
    plain["base_model_name"] = fields.base_model_name
    plain["loras"] = [lora.model_dump() for lora in fields.loras or ()]
    plain["webhook_url"] = fields.webhook_url or ""
    plain["inpaint_additional_prompt"] = fields.inpaint_additional_prompt or ""
    plain["outpaint_distance"] = [getattr(fields, f"outpaint_distance_{s}") or 0 for s in _SIDES]
    sent = {
        name: getattr(advanced, name) for name in _ADVANCED if name in advanced.model_fields_set
    }
    return fields_of(
        GenerateFields,
        {**plain, **sent, "inpaint_respective_field": advanced.inpaint_respective_field},
    )


def without_effect(fields: PaintFields) -> list[str]:
    """Names of what was sent, means something elsewhere, and has no effect here."""
    advanced = fields.advanced_params or GenerationAdvanced()
    names = {name for name in GenerationAdvanced.model_fields if name not in _ADVANCED}
    inside = (*_changed(advanced, names), *unused(advanced))
    found = (*_changed(fields, _WITHOUT_EFFECT), *unused(fields))
    return sorted((*found, *(f"advanced_params.{name}" for name in inside)))


def _changed(fields: Fields, names: Sequence[str] | set[str]) -> list[str]:
    """Those of some fields that are no longer as they are by default."""
    defaults = type(fields).model_fields
    values = {name: getattr(fields, name) for name in names}
    return [
        name
        for name, value in values.items()
        if value not in (*_NOTHING, defaults[name].get_default(call_default_factory=True))
    ]


def schemas() -> dict[str, Any]:
    """The JSON Schema of the body; texts of lists and mappings are not told of in it."""
    return schemas_of(GenerationPaint=PaintFields)
