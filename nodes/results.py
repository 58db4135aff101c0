"""What a run gave, by the names of the graph's outputs: one description for jobs and for Python."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np

from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.execution.run import Outcome
from paintgraph.engine.graph.formats.carried import RESULT, Made
from paintgraph.engine.graph.graph import NOTHING_SAID, Descriptions, Graph, Link, Metadata
from paintgraph.engine.graph.sockets import Blocked, Facts, Failed, Value
from paintgraph.imaging.geometry.boxes import Boxes
from paintgraph.imaging.masks.algebra import to_image
from paintgraph.nodes.facts import REPAINT
from paintgraph.nodes.pictures.files import NO_TEXTS, digest_as, encode_with_facts
from paintgraph.nodes.pictures.formats import Format
from paintgraph.nodes.sockets import Array


def results_of(graph: Graph, outcome: Outcome) -> Iterator[tuple[str, list[Value], bool]]:
    """Name, values, and whether there is one value only, of each output that was computed.

    Elements that failed or were blocked are left out.
    """
    for name, reference in graph.outputs.items():
        if isinstance(reference, Link) and reference.node in outcome.results:
            elements = outcome.results[reference.node].slots[int(reference.output)]
            values = [each for each in elements if not isinstance(each, Failed | Blocked)]
            yield name, values, len(elements) == 1


def plain(data: Any) -> Any:
    """A value that is no picture as plain data."""
    if isinstance(data, Boxes):
        return data.to_json()
    return list(data) if isinstance(data, tuple) else data


Said = Callable[[Array, Facts], Mapping[str, str]]
"""What the file of a picture carries of how it was made."""


def describe_results(
    graph: Graph,
    outcome: Outcome,
    texts: Mapping[str, str] = NO_TEXTS,
    *,
    blobs: Blobs,
    metadata: Metadata = "private",
) -> dict[str, Any]:
    """All results as plain data; pictures become blobs.

    `texts` say what made them; `metadata` is what they keep of descriptions where the graph does
    not say it.
    """
    told = graph.descriptions.or_else(Descriptions(metadata))
    described = {}
    for name, values, is_one in results_of(graph, outcome):
        said = _counting(texts, name)
        if entries := [describe(value, blobs, told, said) for value in values]:
            described[name] = entries[0] if is_one else entries
    return described


def _counting(texts: Mapping[str, str], output: str) -> Said:
    """What each of an output's pictures carries, one after the other."""
    places = count()
    return lambda picture, facts: texts_of_result(
        texts, picture, "png", facts, output, next(places)
    )


def describe(
    value: Value,
    blobs: Blobs,
    told: Descriptions = NOTHING_SAID,
    said: Said = lambda *_: NO_TEXTS,
) -> Any:
    """A result as plain data; pictures become PNG blobs at the depth that they were read with."""
    if not isinstance(value.data, np.ndarray):
        return plain(value.data)
    pictures = [
        {
            "digest": blobs.put(
                encode_with_facts(
                    picture, "png", value.facts, told, texts=said(picture, value.facts)
                )
            ),
            "width": picture.shape[1],
            "height": picture.shape[0],
            "media_type": "image/png",
            **({REPAINT: dict(value.facts[REPAINT])} if REPAINT in value.facts else {}),
        }
        for picture in (to_image(value.data) if value.data.ndim == 3 else value.data)
    ]
    return pictures[0] if len(pictures) == 1 else pictures


def texts_of_result(
    texts: Mapping[str, str],
    picture: Array,
    form: Format,
    facts: Facts,
    output: str,
    place: int,
) -> Mapping[str, str]:
    """What the file of one of a run's pictures carries: what made it, and which of them it is."""
    if not texts:
        return texts
    made = Made(digest_as(picture, form, facts), output=output, place=place)
    return {**texts, RESULT: made.to_text()}
