"""What a graph of samplers paints: its prompt and settings, under the names of our recipes."""

from collections.abc import Container, Iterator, Mapping
from itertools import islice
from typing import Any

from paintgraph.engine.graph.graph import Graph, Link, Node

SAMPLERS = ("KSampler", "KSamplerAdvanced", "SamplerCustom", "SamplerCustomAdvanced")
"""Nodes that paint."""

_SETTINGS: Mapping[str, str] = {
    "steps": "steps",
    "cfg": "guidance",
    "guidance": "guidance",
    "seed": "seed",
    "noise_seed": "seed",
    "denoise": "strength",
    "grow_mask_by": "grow",
}
"""Our names of settings by theirs; they stand at the sampler or at what it is fed by."""

_MASKED = ("VAEEncodeForInpaint", "SetLatentNoiseMask", "InpaintModelConditioning")
_FILES: Mapping[str, str] = {
    "ckpt_name": "checkpoint",
    "unet_name": "model",
    "clip_name": "text encoder",
    "clip_name1": "text encoder",
    "clip_name2": "text encoder",
    "clip_name3": "text encoder",
    "vae_name": "VAE",
    "lora_name": "LoRA",
    "control_net_name": "ControlNet",
    "sampler_name": "sampler",
    "scheduler": "scheduler",
}
"""What the inputs of nodes choose that no setting of ours stands for."""

_COVERED = frozenset(
    ["CLIPTextEncode", "LoadImage", "LoadImageMask", "PreviewImage", "SaveImage", "VAEDecode"]
)
"""Nodes of which nothing is lost that is not told otherwise, beside samplers and those of masks."""

_MOST_ENCODERS = 8
_LOADERS: Mapping[str, str] = {"LoadImage": "alpha", "LoadImageMask": ""}
"""Nodes that load a mask, and what of the picture it is; empty if an input says it."""


def settings_of(graph: Graph) -> dict[str, Any]:
    """Prompt, settings, image and mask of the last sampler; empty if the graph has none."""
    samplers = _samplers(graph)
    if not samplers:
        return {}
    last = samplers[-1]
    found: dict[str, Any] = {}
    for _, node in _upstream(graph, last):
        for theirs, own in _SETTINGS.items():
            value = node.inputs.get(theirs)
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(own, value)
    for theirs, own in (("positive", "prompt"), ("negative", "negative_prompt")):
        if text := _text(graph, last, theirs):
            found[own] = text
    return {**_pictures(graph, last), **found}


def takes_mask(graph: Graph) -> bool:
    """Whether a mask comes to the last sampler by some way, so that it repaints what that says."""
    samplers = _samplers(graph)
    return bool(samplers) and any(
        "mask" in name for _, node in _upstream(graph, samplers[-1]) for name, _ in node.links()
    )


def loras_of(graph: Graph) -> dict[str, float]:
    """How strongly each LoRA acts on the last sampler's denoiser, the first one first.

    One that is put on twice counts with both strengths; one whose strength comes by a link is left
    out.
    """
    samplers = _samplers(graph)
    nodes = [node for _, node in _upstream(graph, samplers[-1])] if samplers else []
    found: dict[str, float] = {}
    for node in reversed(nodes):
        name, strength = node.inputs.get("lora_name"), node.inputs.get("strength_model", 1.0)
        is_number = isinstance(strength, int | float) and not isinstance(strength, bool)
        if isinstance(name, str) and is_number:
            found[name] = found.get(name, 0.0) + float(strength)
    return {name: strength for name, strength in found.items() if strength}


def left_out(graph: Graph, loras: Container[str] = ()) -> list[str]:
    """What else such a graph has, each in words once: files, names, other samplers and nodes.

    Of `loras`, which are taken over, only another strength in the text encoders is.
    """
    samplers = _samplers(graph)
    found: dict[str, None] = {}
    for id_, node in graph.nodes.items():
        values = {name: node.inputs.get(name) for name in _FILES}
        given = [f"{_FILES[name]} {value}" for name, value in values.items() if value]
        if node.kind in SAMPLERS:
            given += [f"node '{id_}' ({node.kind})"] if id_ != samplers[-1] else []
        elif "lora_name" in node.inputs:
            given = _lora_in_words(node, is_taken=node.inputs["lora_name"] in loras)
        elif not given and node.kind not in (*_COVERED, *_MASKED, "VAEEncode"):
            given = [f"node '{id_}' ({node.kind})"]
        found.update(dict.fromkeys(given))
    return [*found]


def _lora_in_words(node: Node, *, is_taken: bool) -> list[str]:
    """A LoRA with its strengths, or what of it is lost where it is taken over."""
    name, strength = node.inputs["lora_name"], node.inputs.get("strength_model", 1.0)
    of_text = node.inputs.get("strength_clip", strength)
    if is_taken:
        return [] if of_text == strength else [f"LoRA {name}'s {of_text} in the text encoders"]
    shown = "" if isinstance(strength, Link) else f" at {strength}"
    return [f"LoRA {name}{shown}" + ("" if of_text == strength else f" (text encoders {of_text})")]


def _samplers(graph: Graph) -> list[str]:
    """The ids of what samples, in the graph's order."""
    return [id_ for id_, node in graph.nodes.items() if node.kind in SAMPLERS]


def in_words(settings: Mapping[str, Any], most: int = 40) -> str:
    """The settings for a message: "prompt 'a cat', steps 20"."""
    shown = {name: value for name, value in settings.items() if value != ""}
    texts = (
        f"{name} {value[:most] + ('...' if len(value) > most else '')!r}"
        if isinstance(value, str)
        else f"{name} {value}"
        for name, value in shown.items()
    )
    return ", ".join(texts)


def _upstream(graph: Graph, first: str, without: str = "") -> Iterator[tuple[str, Node]]:
    """The node and all that it reads, nearest first; not past its input `without`."""
    seen = {first}
    queue = [first]
    for id_ in queue:
        node = graph.nodes[id_]
        yield id_, node
        for name, link in node.links():
            if link.node in graph.nodes and link.node not in seen and name != without:
                seen.add(link.node)
                queue.append(link.node)


def _text(graph: Graph, sampler: str, side: str) -> str:
    """The first text on the way to one side of a sampler, not past where other texts come in."""
    link = _side(graph, sampler, side)
    other = "negative" if side == "positive" else "positive"
    if link is None or link.node not in graph.nodes:
        return ""
    for _, node in _upstream(graph, link.node, without=other):
        texts = (node.inputs.get(name) for name in ("text", "text_g", "prompt"))
        text = next((text for text in texts if isinstance(text, str) and text.strip()), None)
        if text is not None:
            return text
        if "text" in node.inputs:
            return ""
    return ""


def _side(graph: Graph, sampler: str, side: str) -> Link | None:
    """The conditioning of a sampler, or of the guider that it has."""
    for _, node in _upstream(graph, sampler):
        link = node.inputs.get(side)
        if link is None and side == "positive":
            link = node.inputs.get("conditioning")
        if isinstance(link, Link):
            return link
    return None


def _pictures(graph: Graph, sampler: str) -> dict[str, Any]:
    """The file of the picture, and the mask's with its channel, where they are just loaded."""
    found: dict[str, Any] = {}
    encoders = (n for _, n in _upstream(graph, sampler) if n.kind in (*_MASKED, "VAEEncode"))
    for node in islice(encoders, _MOST_ENCODERS):
        for name, own in (("pixels", "image"), ("mask", "mask")):
            link = node.inputs.get(name)
            loaded = _loaded(graph, link) if isinstance(link, Link) else None
            if loaded is not None and own not in found:
                found[own] = loaded.inputs.get("image", "")
                channel = loaded.inputs.get("channel", _LOADERS[loaded.kind])
                if own == "mask" and isinstance(channel, str) and channel:
                    found["channel"] = channel
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _loaded(graph: Graph, link: Link) -> Node | None:
    """The node that loads what comes by a link, perhaps by way of others."""
    if link.node not in graph.nodes:
        return None
    nodes = (node for _, node in _upstream(graph, link.node))
    return next((node for node in nodes if node.kind in _LOADERS), None)
