"""Writes engine/graph/formats/comfy/packs.json: which pack of ComfyUI a node type is of.

`python scripts/comfy_packs.py MAP FOLDER ...`: MAP is the list of node types by repository that the
package comfyui-manager holds, FOLDER holds workflows. Taken are the types of the packs that this
field uses most, and those that occur in the workflows.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "engine/graph/formats/comfy/packs.json"
_OFFICIAL = "comfyanonymous/ComfyUI"
_FIRST = (
    "ltdrdata/ComfyUI-Impact-Pack",
    "ltdrdata/ComfyUI-Impact-Subpack",
    "ltdrdata/ComfyUI-Inspire-Pack",
    "ltdrdata/was-node-suite-comfyui",
    "kijai/ComfyUI-KJNodes",
    "kijai/ComfyUI-segment-anything-2",
    "kijai/ComfyUI-Florence2",
    "Acly/comfyui-inpaint-nodes",
    "Acly/comfyui-tooling-nodes",
    "lquesada/ComfyUI-Inpaint-CropAndStitch",
    "nullquant/ComfyUI-BrushNet",
    "cubiq/ComfyUI_essentials",
    "cubiq/ComfyUI_IPAdapter_plus",
    "cubiq/ComfyUI_InstantID",
    "1038lab/ComfyUI-RMBG",
    "yolain/ComfyUI-Easy-Use",
    "chflame163/ComfyUI_LayerStyle",
    "chflame163/ComfyUI_LayerStyle_Advance",
    "Fannovel16/comfyui_controlnet_aux",
    "storyicon/comfyui_segment_anything",
    "BadCafeCode/masquerade-nodes-comfyui",
    "ssitu/ComfyUI_UltimateSDUpscale",
    "pythongosssss/ComfyUI-Custom-Scripts",
    "ZHO-ZHO-ZHO/ComfyUI-BRIA_AI-RMBG",
    "john-mnz/ComfyUI-Inspyrenet-Rembg",
    "cubiq/ComfyUI_FaceAnalysis",
    "chrisgoringe/cg-use-everywhere",
    "Suzie1/ComfyUI_Comfyroll_CustomNodes",
    "Kosinkadink/ComfyUI-VideoHelperSuite",
    "shiimizu/ComfyUI-TiledDiffusion",
    "city96/ComfyUI-GGUF",
    "theUpsider/ComfyUI-Logic",
    "jags111/efficiency-nodes-comfyui",
    "WASasquatch/was-node-suite-comfyui",
)
"""Of packs that bring the same type, the earlier one is named."""


def main() -> None:
    """Write the table: repository by type."""
    listed: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    types = {url.removeprefix("https://github.com/"): found[0] for url, found in listed.items()}
    own = set(types.pop(_OFFICIAL, ()))
    used = {kind for folder in sys.argv[2:] for kind in _used(Path(folder))}
    packs: dict[str, list[str]] = {}
    taken = set(own)
    for pack in (*_FIRST, *sorted(types.keys() - set(_FIRST))):
        kinds = [k for k in types.get(pack, ()) if k not in taken and (pack in _FIRST or k in used)]
        if kinds:
            packs[pack] = sorted(kinds)
            taken.update(kinds)
    lines = (
        f"{json.dumps(pack)}: {json.dumps(kinds, ensure_ascii=False, separators=(',', ':'))}"
        for pack, kinds in sorted(packs.items())
    )
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _used(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("*.json")):
        value = json.loads(file.read_text(encoding="utf-8"))
        graph = value.get("workflow", value) if isinstance(value, dict) else {}
        nodes = graph.get("nodes")
        yield from (node["type"] for node in (nodes if isinstance(nodes, list) else ()))
        if not isinstance(nodes, list):
            yield from (
                use.get("class_type", "") for use in graph.values() if isinstance(use, dict)
            )


if __name__ == "__main__":
    main()
