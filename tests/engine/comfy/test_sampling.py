"""A graph of samplers says what it paints, and one of our recipes does the same."""

from typing import Any

from paintgraph.base.text.document import Document
from paintgraph.engine.graph.formats.comfy.sampling import in_words, settings_of
from paintgraph.engine.graph.formats.reading import graph_of
from paintgraph.engine.graph.graph import Graph


def graph(**changes: Any) -> Graph:
    """A prompt that repaints what a mask selects; None takes a node away."""
    sampler = {"seed": 7, "steps": 20, "cfg": 6.5, "sampler_name": "euler", "scheduler": "karras"}
    links = {"model": ["ckpt", 0], "positive": ["pos", 0], "negative": ["neg", 0]}
    encode = {"pixels": ["load", 0], "mask": ["load", 1], "vae": ["ckpt", 2], "grow_mask_by": 9}
    uses = {
        "ckpt": ("CheckpointLoaderSimple", {"ckpt_name": "a.safetensors"}),
        "load": ("LoadImage", {"image": "photo.png"}),
        "pos": ("CLIPTextEncode", {"clip": ["ckpt", 1], "text": "a cat"}),
        "neg": ("CLIPTextEncode", {"clip": ["ckpt", 1], "text": "blurry"}),
        "encode": ("VAEEncodeForInpaint", encode),
        "paint": ("KSampler", {**sampler, **links, "latent_image": ["encode", 0], "denoise": 0.8}),
        **changes,
    }
    value = {i: {"class_type": u[0], "inputs": u[1]} for i, u in uses.items() if u is not None}
    return graph_of(Document(value), "it")[0]


def test_prompt_settings_and_pictures_are_taken_from_the_sampler_and_what_feeds_it() -> None:
    assert settings_of(graph()) == {
        "image": "photo.png",
        "mask": "photo.png",
        "channel": "alpha",
        "seed": 7,
        "steps": 20,
        "guidance": 6.5,
        "strength": 0.8,
        "grow": 9,
        "prompt": "a cat",
        "negative_prompt": "blurry",
    }


def test_a_prompt_is_found_behind_other_conditioning_on_its_own_side() -> None:
    both = {"positive": ["pos", 0], "negative": ["neg", 0], "control_net": ["net", 0]}
    sampler = {"seed": 1, "positive": ["apply", 0], "negative": ["apply", 1]}
    found = settings_of(graph(apply=("ControlNetApplyAdvanced", both), paint=("KSampler", sampler)))

    assert (found["prompt"], found["negative_prompt"]) == ("a cat", "blurry")


def test_a_prompt_that_comes_by_a_link_is_not_guessed() -> None:
    linked = ("CLIPTextEncode", {"clip": ["ckpt", 1], "text": ["load", 0]})

    assert "prompt" not in settings_of(graph(pos=linked))


def test_a_graph_without_a_sampler_has_no_settings() -> None:
    assert settings_of(graph(paint=None)) == {}
    assert settings_of(graph(paint=("KSampler", {"positive": ["nowhere", 0]}))) == {}


def test_settings_are_told_in_short() -> None:
    assert in_words({"steps": 20, "prompt": "x" * 50}) == f"steps 20, prompt '{'x' * 40}...'"
