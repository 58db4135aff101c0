"""Widgets that ComfyUI's page has for single inputs of its nodes: a canvas, a view, a folder."""

from collections.abc import Mapping
from typing import Any

_OUTPUTS = {
    "route": "/internal/files/output",
    "refresh_button": True,
    "control_after_refresh": "first",
}

WIDGETS: Mapping[str, Mapping[str, list[Any]]] = {
    "ImageCompare": {"compare_view": ["IMAGECOMPARE", {}]},
    "LoadImageOutput": {
        "image": ["COMBO", {"image_upload": True, "image_folder": "output", "remote": _OUTPUTS}]
    },
    "Painter": {
        "mask": ["STRING", {"default": "", "widgetType": "PAINTER", "image_upload": True}],
        "bg_color": ["COLOR", {"default": "#000000"}],
    },
    "PrimitiveInt": {
        "value": [
            "INT",
            {"default": 0, "min": -(2**53), "max": 2**53, "control_after_generate": True},
        ]
    },
}
"""By node type and input; an input that the node does not declare is the page's alone."""
