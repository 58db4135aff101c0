"""What a command wishes of its results, made a part of the graph, or checked before it runs.

As nodes of the graph such wishes are told by the pictures that it makes, which run again as they
were made.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from paintgraph.base.words import shorten, suggestion
from paintgraph.cli.faults import misused
from paintgraph.cli.wishes import IF_EXISTS, Gathering, IfExists, Writing
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import check
from paintgraph.imaging.colour_names import parse_colour
from paintgraph.imaging.errors import ContractError
from paintgraph.nodes.pictures.formats import OPAQUE, WITH_QUALITY, Wanted
from paintgraph.python.results import FORMATS, MAIN

TRANSPARENT = "transparent"
AFTER = "after"
_MOST_FRAMES = 100_000
NO_TRANSPARENCY = "no_transparency"
_NUMBER = re.compile("[0-9]{1,9}", re.ASCII)
_MAKES_ALPHA = "JoinImageWithAlpha"
_BESIDE = "SideBySide"


def finished(
    graph: Graph, main: str, writing: Writing, gathering: Gathering, registry: Registry
) -> Graph:
    """The checked graph with nodes for what is wished of its pictures; raises UsageError.

    `main` is the input that takes the pictures without an option.
    """
    colour = _background(writing)
    changed = graph
    if gathering.frame is not None:
        changed = _of_frame(changed, main, _frame(gathering.frame))
    if colour:
        changed = _flattened(changed, colour, registry)
    if writing.concat:
        changed = _compared(changed, main, gathering, colour or "white", registry)
    return graph if changed is graph else check(changed, registry).sound()


def _frame(wished: str) -> int:
    if not _NUMBER.fullmatch(wished) or not 1 <= int(wished) <= _MOST_FRAMES:
        message = (
            f"--frame is '{shorten(wished)}'; allowed is a whole number of 1 to {_MOST_FRAMES}."
        )
        raise misused("out_of_range", f"{message} Write --frame 1 for the first.")
    return int(wished)


def _of_frame(graph: Graph, main: str, frame: int) -> Graph:
    """The graph in which one frame of the main picture takes that picture's place."""
    if not main:
        raise misused("no_picture", "--frame: the recipe takes no picture. Leave it out.")
    given = InputRef(main)
    id_ = _free(f"frame_of_{main}", graph.nodes)
    one = Link(id_, 0)
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        is_loader = node.kind == "LoadImage" and node.inputs.get("image") == given
        frames = {"frame": frame} if is_loader else {}
        kept = {at: given if is_loader else one for at, v in node.inputs.items() if v == given}
        nodes[name] = replace(node, inputs={**node.inputs, **kept, **frames})
    if any(one in node.inputs.values() for node in nodes.values()):
        nodes[id_] = _loaded(main, frame)
    return replace(graph, nodes=nodes)


def _loaded(main: str, frame: int) -> Node:
    """The main picture, or a frame of it."""
    return Node("LoadImage", {"image": InputRef(main), "alpha": "keep", "frame": frame})


def _compared(
    graph: Graph, main: str, gathering: Gathering, colour: str, registry: Registry
) -> Graph:
    """The graph whose main result has the main picture beside it; the result alone is `after`."""
    result = main_result(graph, registry)
    reference = graph.outputs.get(result)
    if not main or not isinstance(reference, Link):
        message = "--concat: the recipe does not make a picture of a picture, so there is no before"
        raise misused("no_picture", f"{message} and after. Leave it out.")
    nodes, after = dict(graph.nodes), reference
    if output_type(graph, reference, registry) == "mask":
        id_ = _free("after", nodes)
        nodes[id_], after = Node("MaskToImage", {"mask": reference}), Link(id_, 0)
    before, both = _free("before", nodes), _free("before_and_after", nodes)
    nodes[before] = _loaded(main, 0 if gathering.frame is None else _frame(gathering.frame))
    pair = {"image1": Link(before, 0), "image2": after, "colour": colour}
    nodes[both] = Node(_BESIDE, pair)
    alone = {} if AFTER in graph.outputs else {AFTER: reference}
    outputs = {**graph.outputs, **alone, result: Link(both, 0)}
    return replace(graph, nodes=nodes, outputs=outputs)


def main_result(graph: Graph, registry: Registry) -> str:
    """The picture that -o without a name means: `image`, else the first one; or ""."""
    found = [
        name
        for name, reference in graph.outputs.items()
        if isinstance(reference, Link)
        and output_type(graph, reference, registry) in ("image", "mask")
    ]
    return MAIN if MAIN in found else next(iter(found), "")


def _background(writing: Writing) -> str:
    """The colour behind results, or nothing."""
    wished = writing.background
    if wished is None or wished == TRANSPARENT:
        return ""
    try:
        parse_colour(wished)
    except ContractError as error:
        what = error.message.removeprefix("colour is ")
        message = f"--background is {what} Write transparent to leave results as they are."
        raise misused(error.code, message) from error
    return wished


def _flattened(graph: Graph, colour: str, registry: Registry) -> Graph:
    """The graph with each of its pictures laid onto a colour."""
    nodes, outputs = dict(graph.nodes), dict(graph.outputs)
    for name, reference in graph.outputs.items():
        if isinstance(reference, Link) and output_type(graph, reference, registry) == "image":
            id_ = _free(f"{name}_on_colour", nodes)
            nodes[id_] = Node("FlattenImage", {"image": reference, "colour": colour})
            outputs[name] = Link(id_, 0)
    return replace(graph, nodes=nodes, outputs=outputs)


def output_type(graph: Graph, reference: Link, registry: Registry) -> str:
    """The type of a checked graph's output."""
    spec = registry.spec(graph.nodes[reference.node].kind)
    return spec.outputs[int(reference.output)].type if spec else "any"


def _free(id_: str, taken: Mapping[str, object]) -> str:
    """An id that no node has."""
    while id_ in taken:
        id_ += "_"
    return id_


def check_formats(places: Iterable[tuple[str, str, str]], graph: Graph, writing: Writing) -> None:
    """Refuse, before anything runs, what the formats of results cannot hold, by UsageError.

    `places` are, for each result that is wanted, what to call its file, its name, and the file.
    """
    forms = [(where, name, FORMATS.get(_suffix(file), "png")) for where, name, file in places]
    _check_quality([(where, form) for where, _, form in forms], writing)
    _check_concat([name for _, name, _ in forms], graph, writing)
    for where, name, form in forms:
        reference = graph.outputs[name]
        is_clear = isinstance(reference, Link) and graph.nodes[reference.node].kind == _MAKES_ALPHA
        if form in OPAQUE and (is_clear or writing.background == TRANSPARENT):
            raise misused(NO_TRANSPARENCY, no_transparency(where, form))


def _check_concat(wanted: Sequence[str], graph: Graph, writing: Writing) -> None:
    """Refuse a --concat that no result that is wanted shows, by UsageError."""
    kinds = {n: graph.nodes[r.node].kind for n, r in graph.outputs.items() if isinstance(r, Link)}
    shown = [name for name, kind in kinds.items() if kind == _BESIDE]
    if writing.concat and wanted and not {*shown} & {*wanted}:
        message = f"--concat: before and after are the result '{', '.join(shown)}', and -o names"
        message = f"{message} {', '.join(wanted)} alone. Write -o FILE for it, or drop --concat."
        raise misused("nothing_to_compare", message)


def _suffix(file: str) -> str:
    """The suffix of a file, in small letters; .* where it is that of the given picture."""
    return ".*" if file.endswith("{ext}") else PurePath(file).suffix.lower()


def if_exists_of(writing: Writing) -> IfExists:
    """What to do about files that are there; raises UsageError."""
    given = writing.if_exists
    for each in IF_EXISTS:
        if given == each:
            return each
    if given is None:
        return "skip"
    near = suggestion(given, IF_EXISTS)
    message = f"--if-exists is '{shorten(given)}'; allowed are {', '.join(IF_EXISTS)}.{near}"
    raise misused("not_a_choice", f"{message} Choose one of them.")


def quality_of(writing: Writing) -> int | None:
    """The quality that was wished; raises UsageError."""
    wished = writing.quality
    if wished is None:
        return None
    if not _NUMBER.fullmatch(wished) or not 1 <= int(wished) <= 100:
        message = f"--quality is '{shorten(wished)}'; allowed is a whole number of 1 to 100."
        raise misused("out_of_range", f"{message} Choose one, such as 85.")
    return int(wished)


def _check_quality(forms: Sequence[tuple[str, Wanted]], writing: Writing) -> None:
    """Refuse a quality that no file has use for, by UsageError."""
    if quality_of(writing) is None or any(f in (*WITH_QUALITY, "same") for _, f in forms):
        return
    where, form = forms[0] if forms else ("the result", "png")
    message = (
        f"--quality: {where} is {form.upper()}, which keeps every pixel and has no quality; "
        "allowed are .jpg, .webp, .avif and .heic. Name such a file, or leave --quality out."
    )
    raise misused("no_quality", message)


def no_transparency(where: str, form: Wanted) -> str:
    """The message for a transparent picture that is to go into a format without transparency."""
    return (
        f"{where}: the picture is transparent in parts, which {form.upper()} cannot hold; allowed "
        "are .png, .webp, .avif, .heic and .tif. Name such a file, or write --background white."
    )
