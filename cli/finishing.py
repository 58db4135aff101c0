"""What a command wishes of its results, made a part of the graph, or checked before it runs.

As nodes of the graph such wishes are told by the pictures that it makes, which run again as they
were made.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from paintgraph.assembly import Assembly
from paintgraph.base.words import shorten, suggestion
from paintgraph.cli.faults import misused
from paintgraph.cli.wishes import IF_EXISTS, IfExists, Writing
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import check
from paintgraph.imaging.colour_names import parse_colour
from paintgraph.imaging.errors import ContractError
from paintgraph.nodes.pictures.formats import OPAQUE, WITH_QUALITY, Wanted
from paintgraph.python.results import FORMATS

TRANSPARENT = "transparent"
NO_TRANSPARENCY = "no_transparency"
_NUMBER = re.compile("[0-9]{1,9}", re.ASCII)
_MAKES_ALPHA = "JoinImageWithAlpha"


def finished(graph: Graph, writing: Writing, assembly: Assembly) -> Graph:
    """The checked graph with nodes for what is wished of its results; raises UsageError."""
    colour = _background(writing)
    if not colour:
        return graph
    registry = assembly.registry
    return check(_flattened(graph, colour, registry), registry).sound()


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
            outputs[name] = Link(id_, "image")
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
    for where, name, form in forms:
        reference = graph.outputs[name]
        is_clear = isinstance(reference, Link) and graph.nodes[reference.node].kind == _MAKES_ALPHA
        if form in OPAQUE and (is_clear or writing.background == TRANSPARENT):
            raise misused(NO_TRANSPARENCY, no_transparency(where, form))


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
        "allowed are .jpg, .webp and .avif. Name such a file, or leave --quality out."
    )
    raise misused("no_quality", message)


def no_transparency(where: str, form: Wanted) -> str:
    """The message for a transparent picture that is to go into a format without transparency."""
    return (
        f"{where}: the picture is transparent in parts, which {form.upper()} cannot hold; allowed "
        "are .png, .webp, .avif and .tif. Name such a file, or write --background white."
    )
