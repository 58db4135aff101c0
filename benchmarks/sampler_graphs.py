"""Which public graphs that build a model from its parts are known whole, and run to a picture.

Each that is known whole runs with tiny random networks under the names that it asks for, in a
folder of its own; its sides are a quarter, its samplers take two steps.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from paintgraph.assembly import catalogue
from paintgraph.benchmarks.measuring import Figure
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy.prompt import write_comfy
from paintgraph.engine.graph.formats.comfy.slots import Slots
from paintgraph.engine.graph.formats.reading import graph_of, read_document
from paintgraph.engine.node.registry import Registry
from paintgraph.jobs.sources.folders import VARIABLE
from paintgraph.models.catalogue.places import VARIABLE as MODELS

LEAST = 12
"""So many run to a picture."""

PROMISED = frozenset([
    # Nodes without networks.
    *("MaskPreview", "ImageBlur", "ImageBlend", "ImageScaleToTotalPixels", "PrimitiveInt"),
    *("ImageScaleToMaxDimension", "ResizeImageMaskNode", "ImageCompare", "LoadImageOutput"),
    *("PrimitiveFloat", "PrimitiveBoolean", "ComfySwitchNode", "ComfyMathExpression"),
    *("DrawBBoxes", "Canny", "FluxKontextImageScale", "Painter", "UpscaleModelLoader"),
    "ImageUpscaleWithModel",
    # Nodes of networks.
    *("CheckpointLoaderSimple", "VAELoader", "UNETLoader", "CLIPLoader", "DualCLIPLoader"),
    *("CLIPSetLastLayer", "LoraLoader", "LoraLoaderModelOnly", "CLIPTextEncode"),
    *("CLIPTextEncodeSDXL", "ConditioningZeroOut", "ConditioningCombine", "ConditioningConcat"),
    *("FluxGuidance", "EmptyLatentImage", "VAEEncode", "VAEEncodeForInpaint", "VAEDecode"),
    *("SetLatentNoiseMask", "InpaintModelConditioning", "DifferentialDiffusion", "KSampler"),
    *("KSamplerAdvanced", "VAEDecodeTiled", "VAEEncodeTiled", "ControlNetLoader"),
    *("ControlNetApply", "ControlNetApplyAdvanced", "SetUnionControlNetType", "LatentUpscale"),
    *("LatentUpscaleBy", "LatentComposite", "LatentCrop", "RepeatLatentBatch", "RandomNoise"),
    *("KSamplerSelect", "BasicScheduler", "CFGGuider", "BasicGuider", "SamplerCustomAdvanced"),
    *("ModelSamplingAuraFlow", "ReferenceLatent", "TextEncodeQwenImageEditPlus"),
    "EmptySD3LatentImage",
])  # fmt: skip

_STEPS = 2
_SCALE = 4
_SIDES = {"width": 64, "height": 64, "x": 8, "y": 8}

Prompt = dict[str, dict[str, Any]]


def figures(folder: Path) -> list[Figure]:
    """How many are known whole of those that are promised, and how many of these run."""
    registry = catalogue(None, ()).registry
    prompts = dict(_promised(folder, registry))
    unknown = {name: _types(p) - set(registry.ids()) for name, p in prompts.items()}
    for name, types in unknown.items():
        print(f"{name}: {f'unknown: {sorted(types)}' if types else 'known whole'}")
    known = [name for name, types in unknown.items() if not types]
    sampling = [name for name in known if _samples(prompts[name])]
    ran = []
    for name in sampling:
        reason = _run(prompts[name])
        print(f"{name}: {reason or 'runs to a picture'}", flush=True)
        ran += [] if reason else [name]
    whole = f"promised graphs known whole ({len(known)} of {len(prompts)})"
    share = (100 * len(known) / len(prompts),) if prompts else ()
    return [
        Figure(whole, share, "%", 100, more_is_better=True),
        Figure(
            f"graphs with samplers that run to a picture, of {len(sampling)}",
            (float(len(ran)),),
            "x",
            LEAST,
            more_is_better=True,
        ),
    ]


def _promised(folder: Path, registry: Registry) -> Iterator[tuple[str, Prompt]]:
    """The graphs all of whose types are promised, or are there, as prompts."""
    promised = {*PROMISED, *registry.ids()}
    for file in sorted((folder / "pairs").glob("*.json")):
        prompt = json.loads(file.read_text(encoding="utf-8"))["prompt"]
        if _types(prompt) <= promised:
            yield file.name, prompt
    for file in sorted((folder / "files").glob("*.json")):
        try:
            graph, _ = graph_of(read_document(file.read_bytes()), file.name)
        except GraphError:
            continue  # the figures of files name it
        prompt = dict(write_comfy(graph, Slots(graph, registry).position))
        if _types(prompt) <= promised:
            yield file.name, prompt


def _types(prompt: Mapping[str, Any]) -> set[str]:
    return {node["class_type"] for node in prompt.values()}


def _samples(prompt: Prompt) -> bool:
    return any("Sampler" in each for each in _types(prompt))


def _run(prompt: Prompt) -> str:
    """Why a graph does not run to a picture; nothing if it does."""
    from typer.testing import CliRunner

    from paintgraph.cli.app import app
    from paintgraph.tests.models.networks.asked_for import NotMadeError, bring

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            bring(prompt, folder / "models", folder / "input")
        except NotMadeError as error:
            return str(error)
        (folder / "graph.json").write_text(json.dumps(_smaller(prompt)), encoding="utf-8")
        (folder / "input").mkdir(exist_ok=True)
        settings = {VARIABLE: str(folder / "data"), MODELS: str(folder / "models")}
        places = ["--input-dir", str(folder / "input"), "--output-dir", str(folder / "out")]
        with mock.patch.dict(os.environ, settings):
            command = ["run", str(folder / "graph.json"), *places, "--device", "cpu"]
            result = CliRunner().invoke(app, command)
        is_saved = "SaveImage" in _types(prompt)  # what is only shown has no file
        if result.exit_code == 0 and (not is_saved or [*(folder / "out").rglob("*.png")]):
            return ""
        if not result.exit_code:
            return "no picture is saved"
        return _reason(result.stderr) or repr(result.exception)


def _reason(told: str) -> str:
    """The faults among what the command told."""
    lines = (line for line in told.splitlines() if "warning: " not in line)
    return " | ".join(line for line in lines if line.endswith("]") or "[" in line)


def _smaller(prompt: Prompt) -> Prompt:
    found: Prompt = json.loads(json.dumps(prompt))
    for node in found.values():
        inputs = node["inputs"]
        if isinstance(inputs.get("steps"), int):
            inputs["steps"] = min(inputs["steps"], _STEPS)
        if "Latent" in node["class_type"]:
            for name, multiple in _SIDES.items():
                if isinstance(inputs.get(name), int):
                    side = inputs[name] // _SCALE // multiple * multiple
                    inputs[name] = max(side, multiple if multiple == 64 else 0)
    return found
