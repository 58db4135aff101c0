"""Hundreds of real workflows of today are read, and go there and back in every way."""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.engine.graph.formats.comfy.prompt import write_comfy
from paintgraph.engine.graph.formats.comfy.slots import Slots
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.formats.reading import graph_of, read_document, read_graph
from paintgraph.engine.graph.formats.recognising import kind_of
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import with_names
from paintgraph.engine.recipes.checking import check
from paintgraph.nodes import build_registry
from paintgraph.tests.base.test_pictures import PIXELS, chunk, exif, png, webp

templates = pytest.importorskip("comfyui_workflow_templates_json")
FOLDER = Path(templates.__file__).parent / "templates"
REGISTRY = build_registry()
SAMPLE = 29  # every so manieth is wrapped, too


def workflows() -> Iterator[tuple[str, bytes]]:
    """Name and text of every template; the package has lists of them, too."""
    for file in sorted(FOLDER.glob("*.json")):
        text = file.read_bytes()
        value = json.loads(text)
        if isinstance(value, dict) and "nodes" in value:
            yield file.name, text


def prompt_of(graph: Graph) -> dict[str, Any]:
    """Node types and inputs of a graph as a prompt has them."""
    written = write_comfy(graph, Slots(graph, REGISTRY).position)
    return {id_: (use["class_type"], use["inputs"]) for id_, use in written.items()}


def again(value: Any) -> Graph:
    """The graph of a document that is written to a text and read."""
    return graph_of(read_document(json.dumps(value).encode()), "again")[0]


def test_every_template_is_read_checked_and_goes_there_and_back() -> None:
    count = 0
    for name, text in workflows():
        assert kind_of(read_document(text).value) == "editor", name
        graph, problems = read_graph(text, name)
        told = [p.message for p in check(graph, REGISTRY, problems).problems]
        assert len(told) == len(set(told)), name
        prompt = prompt_of(graph)
        ways = (
            write_comfy(graph, Slots(graph, REGISTRY).position),
            write_native(with_names(graph, REGISTRY)),
            write_editor(graph, REGISTRY),
        )
        for way in ways:
            assert prompt_of(again(way)) == prompt, name
        count += 1
    assert count > 500


def wrapped(text: bytes) -> dict[str, bytes]:
    """The workflow in pictures and requests."""
    request = {"client_id": "x", "extra_data": {"extra_pnginfo": {"workflow": json.loads(text)}}}
    packed = zlib.compress(text)
    return {
        "tEXt": png(chunk(b"tEXt", b"workflow\0" + text), PIXELS).getvalue(),
        "zTXt": png(PIXELS, chunk(b"zTXt", b"workflow\0\0" + packed)).getvalue(),
        "iTXt": png(PIXELS, chunk(b"iTXt", b"workflow\0\1\0\0\0" + packed)).getvalue(),
        "WebP": webp(exif("<", b"workflow:" + text + b"\0")).getvalue(),
        "request": json.dumps(request).encode(),
    }


def test_a_sample_of_the_templates_is_found_in_pictures_and_requests() -> None:
    for name, text in list(workflows())[::SAMPLE]:
        plain = read_graph(text, name)[0]
        for form, data in wrapped(text).items():
            assert read_graph(data, name)[0] == plain, f"{name} as {form}"
