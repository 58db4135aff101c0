"""Prompts in graphs: a learnt word counts by what is in its file, and one text has one result."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.models.prompts.text_encoders import TextEncoders
from paintgraph.models.sampling.values import Array
from paintgraph.tests.models.networks import asked_for, tiny_files
from paintgraph.tests.nodes.bench import Bench, Ran, bench_in, use

ENCODE = TextEncoders.encode
LEARNT = "embeddings/learnt.safetensors"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A worker over one checkpoint and a learnt word."""
    folder = tmp_path_factory.mktemp("text")
    with mock.patch.object(tiny_files, "WORDS", asked_for.CLIP_WORDS):
        whole = tiny_files.checkpoint("sd1", tiny_files.sd1())
    tiny_files.write(whole, folder / "models" / "checkpoints" / "sd.safetensors")
    with pytest.MonkeyPatch.context() as patching:
        patching.setenv("PAINTGRAPH_MODELS_DIR", str(folder / "models"))
        learn(folder, 1.0)
        with bench_in(folder, memory_bytes=2**26) as bench:
            yield bench


def learn(folder: Path, value: float) -> None:
    tiny_files.write({"emb_params": torch.full((2, 64), value)}, folder / "models" / LEARNT)


def prompt(**inputs: object) -> Mapping[str, Node]:
    return {
        "file": use("CheckpointLoaderSimple", ckpt_name="sd.safetensors"),
        "it": use("CLIPTextEncode", clip=Link("file", 1), **inputs),
    }


def read(bench: Bench, nodes: Mapping[str, Node]) -> tuple[Ran, int]:
    """What a run gives, and how often a prompt was read in it."""
    with mock.patch.object(TextEncoders, "encode", autospec=True, side_effect=ENCODE) as calls:
        ran = bench.run(nodes)
    return ran, calls.call_count


def states(ran: Ran) -> Array:
    (condition,) = ran.value().data
    found: Array = condition.embeddings
    return found


@pytest.mark.parametrize("comes", ["written", "linked"])
def test_a_replaced_file_of_a_learnt_word_gives_another_result(bench: Bench, comes: str) -> None:
    text = f"a boat, (embedding:learnt:1.2) {comes}"
    nodes = dict(prompt(text=text))
    if comes == "linked":
        nodes = {**prompt(text=Link("text", 0)), "text": use("PrimitiveString", value=text)}
    folder = bench.inputs.parent
    learn(folder, 1.0)
    first, reads = read(bench, nodes)
    again, more = read(bench, nodes)
    learn(folder, -1.0)
    other, after = read(bench, nodes)

    assert (reads, more, after) == (1, 0, 1)
    np.testing.assert_array_equal(states(first), states(again))
    assert not np.array_equal(states(first), states(other))
    assert first.value().key == again.value().key != other.value().key


def test_a_learnt_word_that_is_not_here_is_refused_before_anything_runs(bench: Bench) -> None:
    with pytest.raises(Exception, match="embeddings") as caught:
        bench.run(prompt(text="a boat, embedding:learned"))

    assert "text: model 'learned' is not on this machine" in str(caught.value)
    assert "Did you mean 'learnt'? Put its .safetensors file into the folder 'embeddings'" in str(
        caught.value
    )
