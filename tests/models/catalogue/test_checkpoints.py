"""Files that hold weights, other things, or nothing of use."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from paintgraph.models.errors import CheckpointError
from paintgraph.models.loading.checkpoints import looks_like, read_checkpoint


class Harmful:
    """Would write a file if it were unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_tensors_are_found_whatever_they_are_wrapped_in(tmp_path: Path) -> None:
    import torch

    for wrapped in ({"a": torch.ones(2)}, {"model": {"module.a": torch.ones(2)}, "epoch": 3}):
        torch.save(wrapped, tmp_path / "weights.pth")

        assert read_checkpoint(tmp_path / "weights.pth")["a"].tolist() == [1, 1]


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    import torch

    torch.save({"a": torch.ones(2), "b": Harmful(tmp_path / "harm")}, tmp_path / "weights.pth")

    with pytest.raises(CheckpointError, match="something else than tensors, which may be harmful"):
        read_checkpoint(tmp_path / "weights.pth")
    assert not (tmp_path / "harm").exists()


def _whole(folder: Path) -> bytes:
    import torch

    torch.save({"a": torch.ones(1000)}, folder / "whole.pth")
    return (folder / "whole.pth").read_bytes()


@pytest.mark.parametrize("kind", ["empty", "cut off", "text", "pickle", "list", "number"])
def test_what_holds_no_tensors_is_named(tmp_path: Path, kind: str) -> None:
    import torch

    path = tmp_path / "weights.pth"
    whole = _whole(tmp_path)
    contents = {
        "empty": b"",
        "cut off": whole[: len(whole) // 2],
        "text": b"hello, these are no weights",
        "pickle": pickle.dumps({"a": 1}, protocol=2),
    }
    if kind in contents:
        path.write_bytes(contents[kind])
    else:
        torch.save([torch.ones(2)] if kind == "list" else {"a": 1}, path)

    with pytest.raises(CheckpointError, match=r"^file 'weights\.pth' .*; needed are the weights"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("image_encoder.a", "prompt_encoder.b", "mask_decoder.c"), "looks like Segment Anything"),
        (("transformer.a", "bert.b", "backbone.c"), "looks like Grounding DINO"),
        (("model.diffusion_model.a", "first_stage_model.b"), "looks like Stable Diffusion"),
        (("a", "b", "c", "d"), "has a, b, c, ..."),
    ],
)
def test_other_models_are_named_by_their_tensors(names: tuple[str, ...], words: str) -> None:
    assert looks_like(names) == words
