"""A picture that passes through latents is told to change outside its mask, with what keeps it."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.recipes.checking import check
from paintgraph.nodes import build_registry

REGISTRY = build_registry()

SAMPLED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "1": ("LoadImage", {"image": "photo.png"}),
    "2": ("VAELoader", {"vae_name": "some.safetensors"}),
    "3": ("VAEEncodeForInpaint", {"pixels": ["1", 0], "vae": ["2", 0], "mask": ["1", 1]}),
    "8": ("VAEDecode", {"samples": ["3", 0], "vae": ["2", 0]}),
    "9": ("SaveImage", {"images": ["8", 0]}),
}
SAID = (
    "node '8' (VAEDecode): pixels outside the mask of node '3' pass through the VAE, too, and "
    "change a little. To keep them, put ImageCompositeMasked behind it: destination is output "
    "image of node '1', source node '8', mask output mask of node '1'."
)


def said(**changes: tuple[str, Mapping[str, Any]]) -> list[str]:
    nodes = {**SAMPLED, **{name.removeprefix("n"): node for name, node in changes.items()}}
    prompt = {id_: {"class_type": kind, "inputs": given} for id_, (kind, given) in nodes.items()}
    graph, problems = read_graph(json.dumps(prompt).encode(), "prompt.json")
    found = check(graph, REGISTRY, problems).problems
    return [each.message for each in found if each.code == "outside_changes"]


def test_what_changes_is_told_with_the_nodes_that_keep_it() -> None:
    assert said() == [SAID]


def test_a_mask_on_latents_is_told_by_the_node_that_has_it() -> None:
    (text,) = said(
        n3=("VAEEncode", {"pixels": ["1", 0], "vae": ["2", 0]}),
        n4=("SetLatentNoiseMask", {"samples": ["3", 0], "mask": ["1", 1]}),
        n8=("VAEDecode", {"samples": ["4", 0], "vae": ["2", 0]}),
    )
    assert text == SAID.replace("node '3'", "node '4'")


def test_what_was_cut_out_is_stitched() -> None:
    cut = ("CropForInpaint", {"image": ["1", 0], "mask": ["1", 1]})
    encoded = {"pixels": ["5", 0], "vae": ["2", 0], "mask": ["5", 1]}
    (text,) = said(n5=cut, n3=("VAEEncodeForInpaint", encoded))

    assert "put StitchInpaint behind it: painted is node '8'" in text
    assert text.endswith("node '5' (CropForInpaint).")


def test_nothing_is_told_where_it_is_put_back_or_there_is_no_mask() -> None:
    laid = {"destination": ["1", 0], "source": ["8", 0], "mask": ["1", 1]}
    whole = ("VAEEncode", {"pixels": ["1", 0], "vae": ["2", 0]})

    assert said(n10=("ImageCompositeMasked", laid), n9=("SaveImage", {"images": ["10", 0]})) == []
    assert said(n3=whole) == []


def test_each_of_many_pictures_is_told_and_the_work_grows_with_the_graph_alone() -> None:
    """Steps are counted, not seconds: of twice as many pictures about twice as many."""

    def pictures(count: int) -> dict[str, tuple[str, Mapping[str, Any]]]:
        nodes: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for i in range(count):
            nodes[f"d{i}"] = ("VAEDecode", {"samples": ["3", 0], "vae": ["2", 0]})
            nodes[f"s{i}"] = ("SaveImage", {"images": [f"d{i}", 0]})
        return nodes

    def steps(count: int) -> int:
        counted = 0

        def count_calls(*_: object) -> None:
            nonlocal counted
            counted += 1

        changes = pictures(count)
        sys.setprofile(count_calls)
        try:
            told = said(**changes)
        finally:
            sys.setprofile(None)
        assert len(told) == count + 1
        return counted

    steps(1)
    assert steps(80) < 2.5 * steps(40)


@pytest.mark.parametrize("source", [["8", 0], ["11", 0]])
def test_laying_it_over_itself_keeps_nothing(source: list[Any]) -> None:
    laid = {"destination": ["8", 0], "source": source, "mask": ["1", 1]}
    blurred = ("ImageBlur", {"image": ["8", 0]})

    assert said(
        n10=("ImageCompositeMasked", laid),
        n11=blurred,
        n9=("SaveImage", {"images": ["10", 0]}),
    )
