"""`paintgraph models convert lama FILE`, with a tiny network of LaMa's form."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paintgraph.models.catalogue.readiness import ACCEPT_VARIABLE
from paintgraph.tests.cli.conftest import Paintgraph

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning"),
]
HEIGHT, WIDTH = 72, 104


@pytest.fixture(autouse=True)
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINTGRAPH_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv(ACCEPT_VARIABLE, "1")


@pytest.mark.parametrize("norm", ["ortho", "backward", "forward"])
def test_the_converted_network_paints_what_the_original_does(
    paintgraph: Paintgraph, norm: str
) -> None:
    import torch

    from paintgraph.tests.models.tiny_lama import save_lama

    network = save_lama(Path("big-lama.pt"), norm)  # type: ignore[arg-type] # one of them
    rng = np.random.default_rng(1)
    photo = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[20:40, 30:60] = 255
    Image.fromarray(photo).save("photo.png")
    Image.fromarray(mask).save("mask.png")

    converted = paintgraph("models", "convert", "lama", "big-lama.pt")
    assert converted.code == 0, converted.stderr
    listed = paintgraph("models", "list", "--json").json
    run = paintgraph(
        *("run", "inpaint", "photo.png", "--mask", "mask.png", "--engine", "lama"),
        *("--crop", "margin", "--crop-amount", "4096", "--match", "none", "-o", "out.png"),
    )
    assert run.code == 0, run.stderr

    image = torch.from_numpy(photo.transpose(2, 0, 1)[None].astype(np.float32) / 255)
    hole = torch.from_numpy((mask > 0)[None, None].astype(np.float32))
    with torch.no_grad():
        expected = network(image, hole).numpy()[0].transpose(1, 2, 0) * 255
    with Image.open("out.png") as picture:
        result = np.array(picture).astype(np.float32)
    assert [model["state"] for model in listed if model["name"] == "lama"] == ["present"]
    assert np.abs(result - expected).max() <= 1
    assert (result[mask == 0] == photo[mask == 0]).all()


def test_a_program_that_nobody_knows_is_not_run(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ACCEPT_VARIABLE)
    Path("big-lama.pt").write_bytes(b"some other program")

    answer = paintgraph("models", "convert", "lama", "big-lama.pt")

    assert answer.code == 1
    assert "has the MD5 digest" in answer.stderr
    assert ACCEPT_VARIABLE in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("migan", "some.pt"), 2, "'migan' cannot be converted; allowed is lama"),
        (("lama", "none.pt"), 1, "'none.pt' cannot be read"),
        (("lama", "some.pt"), 1, "it is no TorchScript file"),
        (("lama", "adder.pt"), 1, "it takes first, second, not image, mask"),
        (("lama", "some.pt", "-o", "some.pt"), 2, "'some.pt' is there already"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else None,
)
def test_what_cannot_be_converted_is_told(
    paintgraph: Paintgraph, arguments: tuple[str, ...], code: int, why: str
) -> None:
    import torch

    class Adder(torch.nn.Module):
        def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
            return first + second

    Path("some.pt").write_bytes(b"no program at all")
    if "adder.pt" in arguments:
        torch.jit.save(torch.jit.script(Adder()), "adder.pt")

    answer = paintgraph("models", "convert", *arguments)

    assert answer.code == code
    assert why in answer.stderr
    assert not list(Path().glob(".*.part"))


def test_what_cannot_be_converted_leaves_no_folder_and_removes_no_other_file(
    paintgraph: Paintgraph,
) -> None:
    Path("mine.onnx").write_bytes(b"mine")

    taken = paintgraph("models", "convert", "lama", "big-lama.pt", "-o", "mine.onnx")
    absent = paintgraph("models", "convert", "lama", "big-lama.pt", "-o", "new/lama.onnx")

    assert taken.code == 2
    assert taken.stderr.endswith(
        "allowed is a name that is free. Name another one. [file_exists]\n"
    )
    assert absent.code == 1
    assert not Path("new").exists()
