"""A workflow with a sampler on the page: its values, its run, and a model that is not here."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.nodes import build_registry
from paintgraph.tests.api.comfy.test_sampling import inpainting
from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import NEEDS_PAGE, SAVED, Tab, opened
from paintgraph.tests.models.networks.asked_for import bring

pytestmark = NEEDS_PAGE

STEPS = 7
LISTEN = """() => {
  window.heard = [];
  app.api.addEventListener("progress", ({ detail }) => heard.push([detail.max, detail.value]));
  window.previews = 0;
  app.api.addEventListener("b_preview", () => previews++);
}"""


@pytest.fixture(scope="module", autouse=True)
def checkpoint(server: Child) -> None:
    """The server has the checkpoint and the picture that the workflow names."""
    bring(inpainting(), server.data.parent / "models", server.data / "inputs")


def workflow(**changes: Any) -> bytes:
    """The prompt as a file of ComfyUI's editor."""
    graph, _ = read_graph(json.dumps(inpainting(**changes)).encode(), "graph")
    return json.dumps(write_editor(graph, build_registry())).encode()


def drop(tab: Tab, file: bytes) -> None:
    tab.drop(file, "inpaint.json", "application/json")
    tab.until("app.graph._nodes.some(node => node.type === 'KSampler')")


def test_a_workflow_opens_with_its_values_runs_to_a_picture_and_a_missing_checkpoint_is_told(
    browser: Browser, server: Child
) -> None:
    with opened(browser, server) as tab:
        seed, sampler, schedule = 2**53 - 1, "dpmpp_2m", "karras"
        drop(tab, workflow(steps=STEPS, seed=seed, sampler_name=sampler, scheduler=schedule))
        shown = {
            name: tab.value("KSampler", name)
            for name in ("seed", "steps", "cfg", "sampler_name", "scheduler", "denoise")
        }
        assert tuple(shown.values()) == (seed, STEPS, 7, sampler, schedule, 1)
        assert tab.value("CheckpointLoaderSimple", "ckpt_name") == "sd15.safetensors"
        assert tab.value("VAEEncodeForInpaint", "grow_mask_by") == 6
        assert tab.value("CLIPTextEncode", "text") == "a (red:1.2) boat"

        tab.ask(LISTEN)
        tab.run()
        assert tab.until("previews")
        assert tab.until(SAVED)["filename"].startswith("shape_")
        steps = [step for most, step in tab.ask("heard") if most == STEPS]
        assert steps == sorted(set(steps))  # of those that come fast some are passed over
        assert steps[-1] == STEPS
        assert (tab.dialogs(), tab.faults) == ([], [])

        tab.set("CheckpointLoaderSimple", "ckpt_name", "sd16.safetensors")
        tab.run()
        tab.until_told("'sd16.safetensors' is not on this machine")
