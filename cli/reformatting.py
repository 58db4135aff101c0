"""`paintgraph convert`."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from paintgraph.assembly import Catalogue, catalogue
from paintgraph.base.files import write_whole
from paintgraph.base.text.writers import write_json, write_yaml
from paintgraph.base.words import suggestion
from paintgraph.cli.faults import OK, lines, misused, tell
from paintgraph.cli.preparing import read_source
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy.sampling import (
    left_out,
    loras_of,
    settings_of,
    takes_mask,
)
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.formats.writing import GraphFormat, write_graph
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph, InputRef, Link, Node
from paintgraph.jobs.publishing import cannot_write
from paintgraph.jobs.sources.folders import default_folders
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.engine_names import MOST_WEIGHT
from paintgraph.python.results import check_place

_GRAPH_FORMATS: Mapping[str, GraphFormat] = {
    "yaml": "native",
    "json": "native",
    "comfy": "api",
    "editor": "ui",
}
_FORMATS = (*_GRAPH_FORMATS, "recipe")
_KEPT = ("nameless_values",)
"""Codes of what a conversion keeps all the same."""

_REPAINT = "inpaint"
"""The recipe that does what a graph of samplers does."""


def convert_file(file: str, to: str, output: str, own: Iterable[str]) -> int:
    """Write a graph in another format; gives the exit code."""
    to = _format(to, output)
    known = catalogue(default_folders(), own)
    source = read_source(file, known.recipes)
    graph, problems = read_graph(source.text, source.name)
    if any(problem.severity == "error" for problem in problems):
        raise GraphError(problems)
    for line in lines([p for p in problems if p.code not in _KEPT], source.name):
        tell(line)
    known.recipes.register_used(graph)
    text = _written(graph, to, known)
    if output == "-":
        sys.stdout.write(text)
        return OK
    try:
        write_whole(Path(output), text.encode())
    except OSError as error:
        raise cannot_write(Path(output), error) from error
    tell(f"wrote {output}")
    return OK


def _format(to: str, output: str) -> str:
    """The format that is asked for by name or by the file's suffix."""
    suffix = Path(output).suffix.lower()
    to = to or ("json" if suffix == ".json" else "yaml")
    if to not in _FORMATS:
        message = f"--to is '{to}'; allowed are {', '.join(_FORMATS)}.{suggestion(to, _FORMATS)}"
        raise misused("not_a_choice", message)
    if output != "-":
        allowed = (".yaml", ".yml") if to in ("yaml", "recipe") else (".json",)
        if suffix not in allowed:
            has = f"the suffix is '{suffix}'" if suffix else "there is no suffix"
            message = f"-o {output}: {has}; allowed for {to} is {' or '.join(allowed)}."
            raise misused("unknown_suffix", f"{message} Name such a file, or choose --to.")
        check_place(Path(output), f"-o {output}")
    return to


def _written(graph: Graph, to: str, known: Catalogue) -> str:
    if to == "recipe":
        return write_yaml(_repaint(graph, known))
    document = write_graph(graph, _GRAPH_FORMATS[to], known.registry)
    return write_yaml(document) if to == "yaml" else write_json(document)


def _known_loras(graph: Graph, known: Catalogue) -> dict[str, float]:
    """The LoRAs of a graph of samplers that a recipe can name here, with their weights."""
    there = known.names.models.choices(Kind.LORA)
    return {
        name: weight
        for name, weight in loras_of(graph).items()
        if name in there and not set(name) & set(",:*\n") and abs(weight) <= MOST_WEIGHT
    }


def _decimal(number: float) -> str:
    """A number without a power of ten, as weights are written: "0.8", "-1"."""
    return f"{number:.4f}".rstrip("0").removesuffix(".")


def _repaint(graph: Graph, known: Catalogue) -> dict[str, Any]:
    """A recipe with the prompt and settings of a graph of samplers; its pictures are inputs."""
    settings = settings_of(graph)
    if not settings:
        message = (
            "the graph has no sampler, so no recipe does the same by itself; allowed is a workflow "
            "or prompt of ComfyUI with one, such as KSampler. Choose --to yaml."
        )
        raise misused("no_sampler", message)
    if not takes_mask(graph):
        message = (
            "no mask comes to the last sampler, so it paints whole pictures, and the recipe "
            f"{_REPAINT} repaints what a mask selects; allowed are graphs with a mask in their "
            "latents, such as by SetLatentNoiseMask. Choose --to yaml, which keeps all nodes."
        )
        raise misused("no_mask", message)
    loras = _known_loras(graph, known)
    if loras:
        settings["loras"] = ", ".join(f"{name}:{_decimal(w)}" for name, w in loras.items())
    if lost := left_out(graph, loras):
        tell(
            f"warning: the recipe has not: {'; '.join(lost)}. What paints is its option engine; "
            "--to yaml keeps all nodes."
        )
    kind = f"{RECIPE_PREFIX}{_REPAINT}"
    known.recipes.register_used(Graph({"": Node(kind, {})}))
    spec = known.registry.spec(kind)
    declared = {each.name: each for each in spec.inputs} if spec else {}
    pictures = {name: str(settings.pop(name, "")) for name in ("image", "mask")}
    given = {name: value for name, value in settings.items() if name in declared}
    use = {name: InputRef(name) for name in pictures} | given
    made = Graph(
        {"painted": Node(kind, use)},
        {name: declared[name] for name in pictures},
        {"image": Link("painted", "image")},
        f"What the samplers of a graph of ComfyUI painted, by the recipe {_REPAINT}.",
    )
    return write_native(made)
