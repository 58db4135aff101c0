"""Painting as nodes do it: which engine, how often, and what is reported meanwhile."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from paintgraph.engine.node.context import Context
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.engine_names import WeighedRef
from paintgraph.models.inpainters import Inpainters
from paintgraph.models.inpainting.protocols import Inpainter, InpaintRequest, Sampling
from paintgraph.models.inpainting.repaint import Geometry, repaint
from paintgraph.nodes.facts import FACES_AVOIDED
from paintgraph.nodes.painting.measuring import with_fit
from paintgraph.nodes.showing import showing

_OTHERS = ("ring_shift", "context", "repeat")  # of what was repainted; not all engines tell them
_REPEATED = 0.15  # of a hole; of untouched photos 2 % have more inside, 5 % at two sides


@dataclass(frozen=True, slots=True)
class Choice:
    """What a graph says of who paints: texts, bound or not; `sampling` has the rest."""

    engine: str
    prompt: str
    loras: str
    vae: str
    sampling: Sampling


def painter_of(context: Context, choice: Choice) -> Inpainter:
    """The engine that paints; warns of a prompt that it does not read."""
    name, sampling = choice.engine, choice.sampling
    inpainters = context.service(Inpainters)
    if inpainters.needs_files(name):
        sampling = _with_files(choice, inpainters)

    painter = inpainters.get(name, sampling, context.listening)
    if choice.prompt and painter.copies_surroundings:
        context.warn(
            f"The engine '{painter.name}' continues what surrounds the hole; it reads no prompt."
        )
    return painter


def _with_files(choice: Choice, inpainters: Inpainters) -> Sampling:
    """The sampling with the LoRAs and the VAE that the graph names."""
    weighed = [WeighedRef.parse(text) for text in filter(None, choice.loras.split(", "))]
    return replace(
        choice.sampling,
        loras=tuple(inpainters.lora(each.ref, each.weight) for each in weighed),
        vae=inpainters.vae(ModelRef.parse(choice.vae)) if choice.vae else None,
    )


def paint_all(
    context: Context,
    image: Image,
    mask: Mask,
    painter: Inpainter,
    request: InpaintRequest,
    geometry: Geometry,
    images: int = 1,
    avoid: Mask | None = None,
) -> tuple[Any, Mask]:
    """Pictures with how well they fit, and how much of each px is new; seeds grow."""
    geometry = replace(geometry, filler=context.service(Inpainters).fill)
    request = replace(request, depth=context.facts("image").get("depth", 8))
    listening = showing(context)
    shown, changed = [], []
    others: dict[str, list[float]] = {name: [] for name in _OTHERS}
    for number in range(images):
        result = repaint(
            image,
            mask,
            painter,
            replace(request, seed=request.seed + number),
            listening.part(number, images),
            avoid=avoid,
            geometry=geometry,
        )
        shown.append(result.image)
        changed.append(result.mask)
        for name in _OTHERS:
            if (told := getattr(result, name)) is not None:
                others[name].append(told)
    if (repeated := max(others["repeat"], default=0)) > _REPEATED:
        context.warn(
            f"{repeated:.0%} of what was painted repeats something that the picture has once, such "
            "as a head or a sign. Select that in avoid, take another seed, or take an engine that "
            "generates."
        )
    before = np.concatenate([image] * images) if images > 1 else image
    after = np.concatenate(shown) if images > 1 else shown[0]
    new = np.concatenate(changed) if images > 1 else changed[0]
    fit = with_fit(
        before,
        after,
        new,
        context.facts("image"),
        **{name: max(known, default=None) for name, known in others.items()},
        **{FACES_AVOIDED: context.facts("avoid").get(FACES_AVOIDED)},
    )
    return fit, new
