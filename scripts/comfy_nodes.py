"""Writes engine/graph/formats/comfy/nodes.json: what ComfyUI's own nodes are called and take.

`python scripts/comfy_nodes.py OBJECT_INFO [FOLDER ...]`: OBJECT_INFO is what a ComfyUI answers to
GET /object_info. The folders hold files whose widgets have names: templates of newer versions
(`widgets_values_named`), and pairs of an editor's graph and the prompt that its page sent, which
names its widgets in their order. Only names, their order, types and defaults are taken.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "engine/graph/formats/comfy/nodes.json"
_WIDGETS = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")
_UPLOADS = ("image_upload", "video_upload", "audio_upload", "file_upload")
_VIRTUAL = ("Note", "MarkdownNote", "PrimitiveNode", "Reroute")
_CONTROL = "control_after_generate"
_CONTROLS = ("fixed", "increment", "decrement", "randomize")


_SAMPLING = "seed:i steps:i cfg:f sampler_name:c scheduler:c denoise:f"
_DETAIL = f"guide_size:f guide_size_for:b max_size:f {_SAMPLING} feather:i noise_mask:b"
_AGAIN = "cycle:i inpaint_model:b noise_mask_feather:i tiled_encode:b tiled_decode:b"
_TILES = (
    f"upscale_by:f {_SAMPLING} mode_type:c tile_width:i tile_height:i mask_blur:i tile_padding:i "
    "seam_fix_mode:c seam_fix_denoise:f seam_fix_width:i seam_fix_mask_blur:i seam_fix_padding:i "
    "force_uniform_tiles:b tiled_decode:b"
)
_SCALING = f"scale_method:c {_SAMPLING} use_tiled_vae:b tile_size:i"
_DECLARED = {
    "BboxDetectorForEach": "threshold:f dilation:i crop_factor:f drop_size:i labels:s",
    "CfgScheduleHookProvider": "schedule_for_iteration:c target_cfg:f",
    "DenoiseScheduleHookProvider": "schedule_for_iteration:c target_denoise:f",
    "ImpactKSamplerBasicPipe": _SAMPLING,
    "KSamplerAdvancedProvider": "cfg:f sampler_name:c scheduler:c sigma_factor:f",
    "KSamplerProvider": _SAMPLING,
    "PixelKSampleUpscalerProvider": _SCALING,
    "PixelKSampleUpscalerProviderPipe": _SCALING,
    "SDXLPromptStyler": "text_positive:s text_negative:s style:c log_prompt:b",
    "SegmDetectorSEGS": "threshold:f dilation:i crop_factor:f drop_size:i labels:s",
    "TiledDiffusion": "method:c tile_width:i tile_height:i tile_overlap:i tile_batch_size:i",
    "CLIPSeg": "text:s blur:f threshold:f dilation_factor:i",
    "DetailerForEach": f"{_DETAIL} force_inpaint:b wildcard:s {_AGAIN}",
    "DetailerForEachDebug": f"{_DETAIL} force_inpaint:b wildcard:s {_AGAIN}",
    "FaceDetailer": (
        f"{_DETAIL} force_inpaint:b bbox_threshold:f bbox_dilation:i bbox_crop_factor:f "
        "sam_detection_hint:c sam_dilation:i sam_threshold:f sam_bbox_expansion:i "
        "sam_mask_hint_threshold:f sam_mask_hint_use_negative:c drop_size:i wildcard:s " + _AGAIN
    ),
    "GrowMaskWithBlur": (
        "expand:i incremental_expandrate:f tapered_corners:b flip_input:b blur_radius:f "
        "lerp_alpha:f decay_factor:f fill_holes:b"
        "|expand:i incremental_expandrate:i tapered_corners:b flip_input:b blur_radius:i sigma:f"
    ),
    "ImageResizeKJ": "width:i height:i upscale_method:c keep_proportion:b divisible_by:i crop:c",
    "ImageResizeKJv2": (
        "width:i height:i upscale_method:c keep_proportion:c pad_color:s crop_position:c "
        "divisible_by:i device:c"
    ),
    "ImageCompare": "compare_view:v",
    "INPAINT_LoadFooocusInpaint": "head:c patch:c",
    "INPAINT_LoadInpaintModel": "model_name:c",
    "INPAINT_MaskedBlur": "blur:i falloff:i",
    "INPAINT_MaskedFill": "fill:c falloff:i",
    "Text Concatenate": "delimiter:s clean_whitespace:c",
    "Text String": "text:s text_b:s text_c:s text_d:s",
    "UltimateSDUpscale": _TILES,
    "UltimateSDUpscaleNoUpscale": _TILES.removeprefix("upscale_by:f "),
}
"""Widgets of some nodes of packs, and newer ones of ComfyUI, in their order; `|` is a version."""

_CHOOSING = {
    "ResizeImageMaskNode": (
        "resize_type",
        {
            "scale by multiplier": "multiplier:f",
            "scale dimensions": "width:i height:i crop:c",
            "scale longer dimension": "longer_size:i",
            "scale shorter dimension": "shorter_size:i",
            "scale width": "width:i",
            "scale height": "height:i",
            "scale total pixels": "megapixels:f",
            "match size": "crop:c",
            "scale to multiple": "multiple:i",
        },
        "scale_method:c",
    ),
}
"""Nodes with a choice that brings widgets of its own: it, those by choice, and those after them."""


def declared(info: dict[str, Any]) -> list[Any]:
    """Inputs and outputs of a node that a server describes."""
    given = info["input"]
    inputs = [
        _input(name, *declaration)
        for group in ("required", "optional")
        for name, declaration in given.get(group, {}).items()
    ]
    types = [kind if isinstance(kind, str) else "COMBO" for kind in info["output"]]
    return [inputs, [list(pair) for pair in zip(info["output_name"], types, strict=True)]]


def _input(name: str, kind: Any, options: dict[str, Any] | None = None) -> list[Any]:
    options = options or {}
    choices = kind if isinstance(kind, list) else options.get("options", [])
    kind = "COMBO" if isinstance(kind, list) else kind
    if kind not in _WIDGETS or options.get("forceInput"):
        return [name, kind]
    first = choices[0] if choices else None
    blank = {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False, "COMBO": first}
    default = options.get("default", blank[kind])
    written = [name, kind, default if isinstance(default, bool | int | float | str) else None]
    if options.get(_CONTROL) or (kind == "INT" and name in ("seed", "noise_seed")):
        written.append("control")
    elif any(options.get(upload) for upload in _UPLOADS):
        written.append("upload")
    return written


def seen(folder: Path) -> Iterator[tuple[str, list[Any]]]:
    """Nodes whose widgets the file names, in order."""
    for node in _nodes(folder):
        named, values = node.get("widgets_values_named"), node.get("widgets_values")
        if not named or not isinstance(values, list) or len(values) != len(named):
            continue
        types = {slot["name"]: slot["type"] for slot in node.get("inputs", [])}
        widgets: list[list[Any]] = []
        for name, value in named.items():
            if name in (_CONTROL, *_CONTROLS):
                widgets[-1].append("control")
            elif name == "upload" and widgets:
                widgets[-1].append("upload")
            else:
                widgets.append(_seen(name, value, types))
        if not any("." in name for name in named):  # those vary with a choice
            yield _found(node, widgets)


def listed(folder: Path) -> Iterator[tuple[str, list[Any]]]:
    """Nodes whose slots name every widget, in order."""
    for node in _nodes(folder):
        values, slots = node.get("widgets_values"), node.get("inputs", [])
        names = [slot["widget"]["name"] for slot in slots if slot.get("widget")]
        if not isinstance(values, list) or not names or any("." in name for name in names):
            continue
        types = {slot["name"]: slot["type"] for slot in slots}
        given = dict.fromkeys(names)
        widgets = _sent(node, given, list(values), names_only=True)
        if widgets:
            yield _found(node, [[w[0], types.get(w[0], w[1]), *w[2:]] for w in widgets])


def read() -> Iterator[tuple[str, list[Any]]]:
    """Nodes by the declarations in their packs' sources."""
    for kind, text in _DECLARED.items():
        for form in text.split("|"):
            widgets = _written(form)
            for widget in widgets:
                if widget[0] in ("seed", "noise_seed"):
                    widget.append("control")
            yield kind, [widgets, []]
    for kind, (choice, brought, after) in _CHOOSING.items():
        own: dict[str, list[Any]] = {}
        for value, text in brought.items():
            for name, type_, default in _written(text):
                full = f"{choice}.{name}"
                own.setdefault(full, [full, type_, default, "", [choice, []]])[4][1].append(value)
        yield kind, [[[choice, "COMBO", None], *own.values(), *_written(after)], []]


def _written(text: str) -> list[list[Any]]:
    letters = {"i": "INT", "f": "FLOAT", "s": "STRING", "b": "BOOLEAN", "c": "COMBO"}
    letters["v"] = "IMAGECOMPARE"
    pairs = (word.split(":") for word in text.split())
    return [[name, letters[letter], None] for name, letter in pairs]


def sent(folder: Path) -> Iterator[tuple[str, list[Any]]]:
    """Nodes whose widgets a page's prompt names, in order."""
    for file in sorted(folder.glob("*.json")):
        pair = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(pair, dict) or not {"workflow", "prompt"} <= pair.keys():
            continue
        for node in pair["workflow"]["nodes"]:
            use = pair["prompt"].get(str(node["id"]))
            values = node.get("widgets_values")
            if use and values and isinstance(values, list) and use["class_type"] == node["type"]:
                widgets = _sent(node, use["inputs"], list(values))
                if widgets:
                    yield _found(node, widgets)


def _found(node: dict[str, Any], widgets: list[list[Any]]) -> tuple[str, list[Any]]:
    names = [widget[0] for widget in widgets]
    slots = node.get("inputs", [])
    sockets = [[s["name"], s["type"]] for s in slots if s["name"] not in names]
    outputs = [[slot["name"], slot["type"]] for slot in node.get("outputs", [])]
    return node["type"], [[*sockets, *widgets], outputs]


def _sent(
    node: dict[str, Any], given: dict[str, Any], values: list[Any], *, names_only: bool = False
) -> list[Any] | None:
    """The widgets of a node in order; None if its values do not say."""
    types = {slot["name"]: slot["type"] for slot in node.get("inputs", [])}
    own = {slot["name"] for slot in node.get("inputs", []) if "widget" in slot}
    widgets: list[Any] = []
    for name, value in given.items():
        is_link = isinstance(value, list) or names_only
        if is_link and name not in own:
            continue
        if not values or (values.pop(0) != value and not is_link):
            return None
        widgets.append(_seen(name, value, types))
        if values and "seed" in name and (values[0] in _CONTROLS or isinstance(values[0], bool)):
            values.pop(0)
            widgets[-1].append("control")
    return widgets if not values else None


def _seen(name: str, value: Any, types: dict[str, str]) -> list[Any]:
    guess = {bool: "BOOLEAN", int: "INT", float: "FLOAT", str: "STRING"}.get(type(value), "COMBO")
    return [name, types.get(name, guess), None]


def _nodes(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.json")):
        graph = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(graph, dict) or not isinstance(graph.get("nodes"), list):
            continue
        inner = graph.get("definitions", {}).get("subgraphs", [])
        own = {one["id"] for one in inner}
        for one in (graph, *inner):
            yield from (node for node in one["nodes"] if node["type"] not in own)


def main() -> None:
    """Write the table: for each node its forms, as versions differ; the one to assume first."""
    info = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    table = {name: [declared(each)] for name, each in info.items()}
    official = set(table)
    for kind, form in read():
        table.setdefault(kind, []).append(form)
    for folder in map(Path, sys.argv[2:]):
        guessed = (each for each in (*listed(folder), *sent(folder)) if each[0] not in official)
        for kind, form in (*seen(folder), *guessed):
            forms = table.setdefault(kind, [])
            names = [[w[0] for w in one[0] if len(w) > 2] for one in forms]
            if kind not in _VIRTUAL:
                own = [w[0] for w in form[0] if len(w) > 2]
                if own not in names:
                    forms.append(form)
    lines = (
        f"{json.dumps(name)}: {json.dumps(forms, ensure_ascii=False, separators=(',', ':'))}"
        for name, forms in sorted(table.items())
        if forms
    )
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
