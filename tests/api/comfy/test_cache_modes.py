"""What is told as kept from earlier prompts, by the modes that ComfyUI's flags choose."""

from pathlib import Path
from typing import Any

import pytest

from paintgraph.tests.api.comfy.asking import node
from paintgraph.tests.api.comfy.followed import followed
from paintgraph.tests.api.serving import serving

ALL = {"made", "inverted", "shown"}


def prompt(width: int) -> Any:
    """A picture that nothing else makes, inverted and shown."""
    return {
        "made": node("EmptyImage", width=width, height=4),
        "inverted": node("ImageInvert", image=["made", 0]),
        "shown": node("PreviewImage", images=["inverted", 0]),
    }


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"keep_results": False}, [False, False, False, False, False]),
        ({"most_results": 0}, [False, True, False, False, True]),
        ({"most_results": 100}, [False, True, False, True, True]),
    ],
    ids=["none", "classic", "lru"],
)
def test_each_mode_keeps_and_tells_what_comfyui_s_does(
    tmp_path: Path, settings: Any, kept: list[bool]
) -> None:
    with serving(tmp_path, **settings) as server:
        runs = [followed(server, prompt(width)) for width in (4, 4, 5, 4, 4)]

    assert [set(run.cached) == ALL for run in runs] == kept
    assert [set(run.ran) == ALL for run in runs] == [not is_kept for is_kept in kept]
    assert [list(run.entry["outputs"]) for run in runs] == [["shown"]] * 5
