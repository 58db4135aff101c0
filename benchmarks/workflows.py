"""Public workflow files: how many are known for what they are, and convert as their page does.

FOLDER holds `files/*.json`, any files of ComfyUI, and `pairs/*.json`: {"workflow": a graph of the
editor, "prompt": what its page sent}. Each difference is printed with its reason.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from paintgraph.assembly import catalogue
from paintgraph.base.text.document import Document
from paintgraph.benchmarks import sampler_graphs
from paintgraph.benchmarks.measuring import Figure, Unit
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy.prompt import UPLOAD_BUTTONS, write_comfy
from paintgraph.engine.graph.formats.comfy.slots import Slots
from paintgraph.engine.graph.formats.comfy.to_prompt import to_prompt
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.formats.reading import graph_of, read_document
from paintgraph.engine.graph.formats.recognising import recognise
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import with_names
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import check
from paintgraph.jobs.sources.folders import default_folders

_PERCENT: Unit = "%"


class _Difference(NamedTuple):
    """What an input of a node is in the page's prompt and in ours."""

    node: str
    input: str
    page: object
    own: object
    reason: str

    @property
    def of_the_pair(self) -> bool:
        """Whether the pair itself is at odds: its prompt was made of another state of the graph."""
        return self.reason.startswith("the prompt")


def figures(folder: Path) -> list[Figure]:
    """The shares, in per cent."""
    registry = catalogue(default_folders(), ()).registry
    pairs = [*_pairs(folder, "core", 95), *_pairs(folder, "packs", 80)]
    return [*_files(folder, registry), *pairs, *sampler_graphs.figures(folder)]


def _files(folder: Path, registry: Registry) -> Iterator[Figure]:
    known = as_recipe = kept = 0
    most = 0
    files = sorted((folder / "files").glob("*.json"))
    for file in files:
        document = read_document(file.read_bytes())
        try:
            as_recipe += recognise(document).kind == "recipe"
            graph, problems = graph_of(document, file.name)
        except GraphError as error:
            print(f"{file.name}: {error.message}")
            continue
        known += 1
        causes = [p.message for p in check(graph, registry, problems).errors]
        most = max(most, len(causes) - len(set(causes)))
        lost = list(_lost(graph, registry))
        kept += not lost
        for way in lost:
            print(f"{file.name}: changed by way of {way}")
    yield _share("files known for what they are", known, len(files), 100)
    yield _share("files called recipes", as_recipe, len(files))
    yield _share("files that survive prompt, recipe and editor", kept, len(files), 100)
    yield Figure("messages that repeat another, at most", (float(most),), "x", 0)


def _lost(graph: Graph, registry: Registry) -> Iterator[str]:
    """The formats from which the graph comes back as another one."""
    prompt = write_comfy(graph, Slots(graph, registry).position)
    ways = {
        "a prompt": prompt,
        "a recipe": write_native(with_names(graph, registry)),
        "the editor": write_editor(graph, registry),
    }
    for name, written in ways.items():
        back, _ = graph_of(Document(json.loads(json.dumps(written))), name)
        again = write_comfy(back, Slots(back, registry).position)
        if _sent(again) != _sent(prompt):
            yield name


def _pairs(folder: Path, kind: str, target: float) -> Iterator[Figure]:
    equal = odd = 0
    files = sorted((folder / "pairs").glob(f"{kind}-*.json"))
    for file in files:
        pair = json.loads(file.read_text(encoding="utf-8"))
        differences = list(_differences(pair["workflow"], pair["prompt"]))
        equal += not differences
        is_odd = any(difference.of_the_pair for difference in differences)
        odd += is_odd
        for each in differences:
            where = f"{file.name}: {each.node}{'.' if each.input else ''}{each.input}"
            mark = " (pair at odds with itself)" if is_odd and not each.of_the_pair else ""
            print(f"{where}: page {each.page!s:.60}, here {each.own!s:.60}: {each.reason}{mark}")
    yield _share(f"{kind} pairs equal", equal, len(files))
    yield _share(f"{kind} pairs at odds with themselves", odd, len(files))
    yield _share(f"{kind} pairs equal, of the others", equal, len(files) - odd, target)


def _differences(workflow: dict[str, Any], prompt: Mapping[str, Any]) -> Iterator[_Difference]:
    """Every difference, but inputs that the page did not write and marks of buttons."""
    converted = to_prompt(Document(workflow))
    own, page = _sent(converted.prompt), _sent(prompt)
    nameless = {p.node for p in converted.problems if p.code == "nameless_values"}
    text = json.dumps(workflow, ensure_ascii=False)
    ids = {str(node["id"]) for node in workflow["nodes"]}
    for id_ in page.keys() - own.keys():
        is_there = id_.partition(":")[0] in ids
        reason = "not sent here" if is_there else "the prompt has a node that the file has not"
        yield _Difference(id_, "", page[id_][0], "nothing", reason)
    for id_ in own.keys() - page.keys():
        yield _Difference(id_, "", "nothing", own[id_][0], "sent here only")
    for id_ in own.keys() & page.keys():
        if own[id_][0] != page[id_][0]:
            reason = "the prompt has another type of node"
            yield _Difference(id_, "class_type", page[id_][0], own[id_][0], reason)
            continue
        for name, value in page[id_][1].items():
            given = own[id_][1].get(name, "nothing")
            if given != value:
                yield _Difference(id_, name, value, given, _reason(value, text, id_ in nameless))


def _reason(value: object, text: str, is_nameless: bool) -> str:  # noqa: FBT001 - one call
    if is_nameless:
        return "the order of the node's widgets is unknown"
    is_literal = not isinstance(value, list)
    if is_literal and json.dumps(value, ensure_ascii=False) not in text:
        return "the prompt has a value that stands nowhere in the file"
    return "another value" if is_literal else "another link"


def _sent(prompt: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        id_: (
            use["class_type"],
            {name: v for name, v in use["inputs"].items() if name not in UPLOAD_BUTTONS},
        )
        for id_, use in prompt.items()
    }


def _share(name: str, part: int, whole: int, target: float | None = None) -> Figure:
    share = (100 * part / whole,) if whole else ()
    counted = f"{name} ({part} of {whole})"
    return Figure(counted, share, _PERCENT, target, more_is_better=True)
