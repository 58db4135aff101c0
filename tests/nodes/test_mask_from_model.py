"""The node that asks a model, and those that make and show clean edges."""

from pathlib import Path

import numpy as np
import pytest

from paintgraph.assembly import Assembly, assemble
from paintgraph.engine.errors import GraphError
from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.engine.execution.run import run
from paintgraph.engine.graph.coercion import Resources
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Link
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.events import Event, Executed, NodeStarted, Warned
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.checking import Checked, check, targets_of
from paintgraph.imaging.samples import quantise
from paintgraph.jobs.sources.folders import Folders
from paintgraph.nodes.resource_names import checks
from paintgraph.tests import tiny_onnx
from paintgraph.tests.nodes.bench import image_of, noise, png, samples_of

GRAPH = """
paintgraph: 1
inputs:
  model: {type: text, default: u2net, about: What looks.}
nodes:
  photo: {node: LoadImage, image: photo.png}
  found: {node: MaskFromModel, image: "${photo.image}", model: "${inputs.model}"}
  seen: {node: PreviewMask, image: "${photo.image}", mask: "${found.mask}"}
  shown: {node: OverlayMask, image: "${photo.image}", mask: "${found.mask}"}
outputs:
  mask: "${found.mask}"
  image: "${shown.image}"
"""


class Bench:
    """A worker in a folder of its own, with a few tiny networks."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        networks = {
            "u2net": tiny_onnx.middle_network(320),
            "silueta": tiny_onnx.flat_network(320),
        }
        self.home, _ = tiny_onnx.install(folder, networks, monkeypatch)
        self.inputs = folder / "inputs"
        self.inputs.mkdir()
        (self.inputs / "photo.png").write_bytes(png(noise(40, 30, depth=16)))
        self.folders = Folders(folder / "data")
        self.events: list[Event] = []

    def check(self, text: str, **given: str) -> Checked:
        with assemble(self.folders, self.inputs) as parts:
            graph, problems = read_graph(text.encode(), "graph")
            resources = Resources(checks(parts.names), given)
            return check(graph, parts.registry, problems, resources)

    def run(self, text: str, **given: str) -> dict[str, Value]:
        with assemble(self.folders, self.inputs) as parts:
            return self.run_with(parts, text, **given)

    def run_with(self, parts: Assembly, text: str, **given: str) -> dict[str, Value]:
        graph = parts.recipes.checked(text.encode(), "graph")
        bound = bind(graph, parts.registry, given, parts.binders)
        targets = targets_of(bound, parts.registry).values()
        self.events.clear()
        outcome = run(bound, parts.worker, targets, listen=self.events.append)
        assert outcome.failures == ()
        values = {}
        for name, link in bound.outputs.items():
            assert isinstance(link, Link)
            (value,) = outcome.results[link.node].slots[int(link.output)]
            assert isinstance(value, Value)
            values[name] = value
        return values

    def ran(self) -> set[str]:
        return {event.origin.node for event in self.events if isinstance(event, NodeStarted)}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def test_the_mask_has_8_bits_and_the_size_of_the_picture(bench: Bench) -> None:
    mask = bench.run(GRAPH)["mask"]

    assert mask.data.shape == (1, 40, 30)
    assert mask.facts["depth"] == 8
    assert mask.data[0, 20, 15] == 1
    assert mask.data[0, 0, 0] == 0


def test_the_overlay_colours_what_is_selected_and_keeps_the_rest(bench: Bench) -> None:
    values = bench.run(GRAPH)
    mask, shown = values["mask"].data, values["image"].data
    photo = image_of(noise(40, 30, depth=16))

    assert np.array_equal(shown[mask == 0], photo[mask == 0])
    assert np.allclose(shown[mask == 1], photo[mask == 1] * 0.4 + [0.6, 0, 0], atol=1e-6)


def test_the_preview_shows_the_overlay_in_a_file(bench: Bench) -> None:
    shown = bench.run(GRAPH)["image"].data

    (effect,) = [e for event in bench.events if isinstance(event, Executed) for e in event.effects]
    assert effect.folder == "temp"
    seen = samples_of(FolderBlobs(bench.folders.blobs).get(effect.blob))
    assert np.array_equal(quantise(shown[0]), seen)


def test_a_result_is_kept_until_the_file_of_the_model_changes(bench: Bench) -> None:
    with assemble(bench.folders, bench.inputs, memory_bytes=2**24, with_store=False) as parts:
        bench.run_with(parts, GRAPH)
        bench.run_with(parts, GRAPH)
        again = bench.ran()
        tiny_onnx.place(bench.home, {"u2net": tiny_onnx.red_network(320)})
        bench.run_with(parts, GRAPH)

    assert "found" not in again
    assert "found" in bench.ran()


def test_a_model_that_finds_nothing_warns(bench: Bench) -> None:
    mask = bench.run(GRAPH, model="silueta")["mask"]

    assert not mask.data.any()
    (warned,) = [event for event in bench.events if isinstance(event, Warned)]
    assert "finds nothing that stands out" in warned.message


def test_a_missing_model_is_found_without_running_anything(bench: Bench) -> None:
    (problem,) = bench.check(GRAPH.replace("default: u2net", "default: bria-rmbg")).errors

    assert problem.code == "model_missing"
    assert problem.message == (
        "node 'found' (MaskFromModel): model: 'bria-rmbg' (1.0 GB) is not on this machine; licence "
        "BRIA: commercial use has to be paid for (see https://huggingface.co/briaai/RMBG-2.0). Get "
        "it with: paintgraph models pull bria-rmbg"
    )
    assert problem.outputs == ("mask", "image", "seen")


def test_what_an_input_is_given_counts_and_not_its_default(bench: Bench) -> None:
    assert (
        bench.check(GRAPH.replace("default: u2net", "default: bria-rmbg"), model="u2net").errors
        == []
    )
    (problem,) = bench.check(GRAPH, model="isnet-anime").errors
    assert problem.path == ("given", "model")
    assert problem.message.startswith(
        "input 'model': 'isnet-anime' (176 MB) is not on this machine"
    )
    with pytest.raises(GraphError, match=r"'isnet-anime'.* is not on this machine"):
        bench.run(GRAPH, model="isnet-anime")


def test_an_empty_file_is_damaged(bench: Bench) -> None:
    tiny_onnx.place(bench.home, {"u2net": b""})

    (problem,) = bench.check(GRAPH).errors
    assert problem.code == "model_missing"
    assert "'u2net' is damaged: 'u2net.onnx': it is empty" in problem.message


def test_an_unknown_model_is_named_with_the_nearest(bench: Bench) -> None:
    (problem,) = bench.check(GRAPH.replace("default: u2net", "default: u2nett")).errors

    assert problem.code == "not_a_choice"
    assert "Did you mean 'u2net'?" in problem.message


def test_a_missing_model_inside_a_recipe_is_found_too(bench: Bench) -> None:
    bench.folders.recipes.mkdir(parents=True)
    inner = GRAPH.replace('"${inputs.model}"', "isnet-anime").replace(
        "inputs:\n  model: {type: text, default: u2net, about: What looks.}\n", ""
    )
    (bench.folders.recipes / "inner.yaml").write_text(inner)
    outer = 'paintgraph: 1\nnodes:\n  used: {recipe: inner}\noutputs: {mask: "${used.mask}"}'
    with assemble(bench.folders, bench.inputs) as parts:
        graph, problems = read_graph(outer.encode(), "outer")
        parts.recipes.register_used(graph)
        resources = Resources(checks(parts.names))
        (problem,) = check(graph, parts.registry, problems, resources).errors

    assert problem.code == "model_missing"
    assert "'isnet-anime'" in problem.message


def test_a_name_that_comes_by_a_link_is_bound_late(bench: Bench) -> None:
    late = GRAPH.replace(
        'model: "${inputs.model}"}',
        'model: "${chosen.output}"}\n'
        '  chosen: {node: Switch, switch: true, on_true: "${inputs.model}"}',
    )

    assert np.array_equal(bench.run(late)["mask"].data, bench.run(GRAPH)["mask"].data)


def test_the_bound_graph_names_the_file_by_its_digest(bench: Bench) -> None:
    with assemble(bench.folders, bench.inputs) as parts:
        graph = parts.recipes.checked(GRAPH.encode(), "graph")
        bound = bind(graph, parts.registry, {}, parts.binders)
        name = bound.nodes["found"].inputs["model"]
        again = bind(check(bound, parts.registry).sound(), parts.registry, {}, parts.binders)

    assert name.startswith("u2net@sha256:")
    assert again.nodes["found"].inputs["model"] == name
