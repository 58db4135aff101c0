"""-o NAME.*: a result in the format of the picture that it was made of."""

from pathlib import Path

import pytest
from PIL import Image

import paintgraph as front
from paintgraph.tests.cli.conftest import Paintgraph, samples

WIDER = ("--sides", "left", "--engine", "telea")


@pytest.mark.parametrize(
    ("form", "written"),
    [("PNG", "x.png"), ("JPEG", "x.jpg"), ("WEBP", "x.webp"), ("TIFF", "x.tif"), ("BMP", "x.png")],
)
def test_the_command_and_python_write_what_they_read(
    paintgraph: Paintgraph, folder: Path, form: str, written: str
) -> None:
    Image.fromarray(samples()).save("photo", form)

    answer = paintgraph("run", "outpaint", "--image", "photo", *WIDER, "-o", "x.*")
    saved = front.run("outpaint", image="photo", sides=["left"], engine="telea").save("y.*")

    assert f"image: {written} (" in answer.stderr
    assert ("warning: x.*: BMP is read only; the picture is saved as PNG" in answer.stderr) == (
        form == "BMP"
    )
    assert ("warning: x.*: JPEG changes pixels" in answer.stderr) == (form == "JPEG")
    assert saved == [Path(written.replace("x", "y"))]
    assert (folder / written).read_bytes() == saved[0].read_bytes()
    with Image.open(written) as picture:
        assert picture.format == ("PNG" if form == "BMP" else form)


def test_a_mask_has_no_format_of_its_own(paintgraph: Paintgraph, folder: Path) -> None:
    Image.fromarray(samples()).save("photo.jpg")

    answer = paintgraph("run", "outpaint", "--image", "photo.jpg", *WIDER, "-o", "mask=m.*")

    assert "warning" not in answer.stderr
    assert (folder / "m.png").is_file()
