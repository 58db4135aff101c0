"""How results are written: quality, what comes behind transparency, formats known before a run."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from paintgraph.imaging.files.decode import decode
from paintgraph.tests.cli.conftest import HEIGHT, WIDTH, Paintgraph, png, samples
from paintgraph.tests.private_photo import COPYRIGHT, SECRETS, private_photo

CUT = ("run", "remove_background_by_mask", "photo.png", "--mask", "left.png")
WIDER = ("run", "outpaint", "photo.jpg", "--sides", "left", "--engine", "telea")
LEFT = np.s_[:, : WIDTH // 2]
RIGHT = np.s_[:, WIDTH // 2 :]


@pytest.fixture(autouse=True)
def photo(folder: Path) -> NDArray[np.uint8]:
    """A photo, and a mask whose left half is the subject."""
    pixels = samples(seed=3)
    (folder / "photo.png").write_bytes(png(pixels))
    Image.fromarray(pixels).save(folder / "photo.jpg")
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[LEFT] = 255
    (folder / "left.png").write_bytes(png(mask))
    return pixels


def _pixels(file: str) -> NDArray[np.uint8]:
    with Image.open(file) as picture:
        return np.array(picture)


def test_a_background_takes_the_place_of_transparency(
    paintgraph: Paintgraph, photo: NDArray[np.uint8]
) -> None:
    answer = paintgraph(*CUT, "-o", "cut.png", "--background", "#0a0")

    assert answer.code == 0, answer.stderr
    cut = _pixels("cut.png")
    assert cut.shape == photo.shape
    assert np.array_equal(cut[LEFT], photo[LEFT])
    assert (cut[RIGHT] == (0, 0xAA, 0)).all()
    # What laid it onto the colour is in the graph that the picture carries.
    again = paintgraph("replay", "cut.png")
    assert (again.code, again.text) == (0, "cut.png: equal: its graph gives these pixels\n")


def test_transparent_leaves_it_so(paintgraph: Paintgraph) -> None:
    answer = paintgraph(*CUT, "-o", "cut.png", "--background", "transparent")

    assert answer.code == 0
    assert (_pixels("cut.png")[RIGHT][..., 3] == 0).all()


def test_jpeg_of_a_cut_out_is_refused_before_it_runs_and_the_cure_works(
    paintgraph: Paintgraph,
) -> None:
    refused = paintgraph(*CUT, "-o", "cut.jpg")
    cured = paintgraph(*CUT, "-o", "cut.jpg", "--background", "white")

    assert refused.code == 2
    assert refused.stderr == (
        "-o cut.jpg: the picture is transparent in parts, which JPEG cannot hold; allowed are "
        ".png, .webp, .avif, .heic and .tif. Name such a file, or write --background white. "
        "[no_transparency]\n"
    )
    assert cured.code == 0, cured.stderr
    assert _pixels("cut.jpg")[RIGHT][:, 2:].min() > 250


def test_transparency_that_only_the_run_shows_has_the_same_cure(
    paintgraph: Paintgraph, folder: Path, photo: NDArray[np.uint8]
) -> None:
    clear = np.dstack([photo, np.full((HEIGHT, WIDTH), 9, np.uint8)])
    (folder / "clear.png").write_bytes(png(clear))
    command = ("run", "outpaint", "clear.png", "--sides", "left", "--engine", "telea")

    refused = paintgraph(*command, "-o", "x.jpg")
    cured = paintgraph(*command, "-o", "x.jpg", "--background", "white")

    assert refused.code == 1
    assert "Name such a file, or write --background white." in refused.stderr
    assert cured.code == 0, cured.stderr


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif"])
def test_a_lower_quality_is_a_smaller_file_and_no_warning(
    paintgraph: Paintgraph, suffix: str
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    Path("photo.jpg").write_bytes(png(noise))
    answers = [
        paintgraph(*WIDER, "-o", f"q{quality}{suffix}", "--quality", str(quality))
        for quality in (20, 90)
    ]

    assert [answer.code for answer in answers] == [0, 0], answers[0].stderr
    assert "warning" not in answers[0].stderr
    assert Path(f"q20{suffix}").stat().st_size < Path(f"q90{suffix}").stat().st_size


def test_without_a_quality_webp_keeps_every_pixel(paintgraph: Paintgraph) -> None:
    paintgraph(*CUT, "-o", "cut.webp", "-o", "mask=m.png")
    paintgraph(*CUT, "-o", "cut.png")

    assert np.array_equal(_pixels("cut.webp"), _pixels("cut.png"))


def test_a_lossy_webp_is_replayed_by_what_its_graph_gives(paintgraph: Paintgraph) -> None:
    paintgraph(*CUT, "-o", "cut.webp", "--quality", "30")

    assert paintgraph("replay", "cut.webp").text.startswith("cut.webp: equal")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("-o", "x.png", "--quality", "80"),
            (
                "--quality: -o x.png is PNG, which keeps every pixel and has no quality; allowed "
                "are .jpg, .webp, .avif and .heic. Name such a file, or leave --quality out. "
                "[no_quality]"
            ),
        ),
        (
            ("-o", "out/", "--quality", "80"),
            (
                "--quality: -o out/{stem}.png is PNG, which keeps every pixel and has no quality; "
                "allowed are .jpg, .webp, .avif and .heic. Name such a file, or leave --quality "
                "out. [no_quality]"
            ),
        ),
        (
            ("-o", "x.jpg", "--quality", "0"),
            (
                "--quality is '0'; allowed is a whole number of 1 to 100. Choose one, such as "
                "85. [out_of_range]"
            ),
        ),
        (
            ("-o", "x.jpg", "--quality", "high"),
            (
                "--quality is 'high'; allowed is a whole number of 1 to 100. Choose one, such as "
                "85. [out_of_range]"
            ),
        ),
        (
            ("-o", "x.png", "--background", "whit"),
            (
                "--background is 'whit'; allowed are #rrggbb and #rgb in hexadecimal digits, and "
                "names of CSS such as orange. Did you mean 'white'? Write transparent to leave "
                "results as they are. [bad_colour]"
            ),
        ),
        (
            ("-o", "x.jpg", "--background", "transparent"),
            (
                "-o x.jpg: the picture is transparent in parts, which JPEG cannot hold; allowed "
                "are .png, .webp, .avif, .heic and .tif. Name such a file, or write --background "
                "white. [no_transparency]"
            ),
        ),
        (
            ("-o", "x.xyz"),
            (
                "-o x.xyz: the suffix is '.xyz'; allowed are .png, .jpg, .jpeg, .jfif, .jpe, .jif, "
                ".webp, .tif, .tiff, .avif, .heic, .heif, .hif, .*. Name such a file. "
                "[unknown_suffix]"
            ),
        ),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    paintgraph: Paintgraph, options: tuple[str, ...], message: str
) -> None:
    Path("photo.jpg").write_bytes(b"no picture, which a run would find")

    answer = paintgraph(*WIDER, *options)

    assert answer.code == 2
    assert answer.stderr.splitlines()[-1] == message


def test_a_recipes_own_input_of_the_name_stands_before_the_option(paintgraph: Paintgraph) -> None:
    Path("scene.yaml").write_text(
        "paintgraph: 1\n"
        "inputs: {image: {type: image}, background: {type: text}}\n"
        "nodes:\n"
        "  photo: {node: LoadImage, image: '${inputs.image}'}\n"
        "  ground: {node: EmptyImage, width: 4, height: 3, color: '${inputs.background}'}\n"
        "outputs: {image: '${ground.image}', photo: '${photo.image}'}\n"
    )

    answer = paintgraph("run", "scene.yaml", "photo.png", "--background", "lime", "-o", "x.png")

    assert answer.code == 0, answer.stderr
    assert (_pixels("x.png") == (0, 255, 0)).all()


def test_another_quality_of_many_pictures_is_not_taken_for_done(paintgraph: Paintgraph) -> None:
    command = (*WIDER[:2], "photo.png", "photo.jpg", *WIDER[3:], "-o", "out/{name}.webp")

    first = paintgraph(*command, "--quality", "40")
    same = paintgraph(*command, "--quality", "40")
    other = paintgraph(*command, "--quality", "41")

    assert (first.code, same.code, other.code) == (0, 0, 2)
    assert same.stderr.endswith("0 done, 2 skipped\n")
    assert "not made of these pictures and options" in other.stderr


@pytest.mark.parametrize("metadata", ["keep", "private", "none"])
def test_avif_tells_what_other_formats_tell(paintgraph: Paintgraph, metadata: str) -> None:
    Path("photo.jpg").write_bytes(private_photo())

    answer = paintgraph(*WIDER, "-o", "x.avif", "--metadata", metadata, "--quality", "90")

    assert answer.code == 0, answer.stderr
    data = Path("x.avif").read_bytes()
    said = decode(data)
    assert said.icc
    assert (SECRETS[0] in data) == (metadata == "keep")
    assert (COPYRIGHT in data) == (metadata != "none")
    with Image.open(BytesIO(data)) as picture:
        assert picture.format == "AVIF"


def test_a_frame_of_an_animation_is_taken_by_its_number(
    paintgraph: Paintgraph, photo: NDArray[np.uint8]
) -> None:
    frames = [Image.fromarray(each) for each in (photo[::-1].copy(), photo)]
    frames[0].save("clip.png", save_all=True, append_images=frames[1:])
    command = ("run", "remove_background_by_mask", "clip.png", "--mask", "left.png", "-o", "x.png")

    refused = paintgraph(*command)
    taken = paintgraph(*command, "--frame", "2")

    assert refused.code == 1
    assert "has 2 frames or pages; allowed is one." in refused.stderr
    assert taken.code == 0, taken.stderr
    assert np.array_equal(_pixels("x.png")[LEFT][..., :3], photo[LEFT])
    assert paintgraph("replay", "x.png").text.startswith("x.png: equal")


def test_a_frame_goes_into_recipes_that_are_used_as_nodes(
    paintgraph: Paintgraph, photo: NDArray[np.uint8]
) -> None:
    frames = [Image.fromarray(each) for each in (photo[::-1].copy(), photo)]
    frames[0].save("clip.png", save_all=True, append_images=frames[1:])
    Path("nested.yaml").write_text(
        "paintgraph: 1\n"
        "inputs: {image: {type: image}}\n"
        "nodes:\n"
        "  wide: {recipe: outpaint, image: '${inputs.image}', sides: [left], engine: telea}\n"
        "outputs: {image: '${wide.image}'}\n"
    )

    answer = paintgraph("run", "nested.yaml", "clip.png", "--frame", "2", "-o", "x.png")

    assert answer.code == 0, answer.stderr
    assert np.array_equal(_pixels("x.png")[:, -WIDTH:], photo)


@pytest.mark.parametrize("frame", ["0", "-1", "first"])
def test_a_frame_is_a_number_from_one_on(paintgraph: Paintgraph, frame: str) -> None:
    answer = paintgraph(*WIDER, f"--frame={frame}", "-o", "x.png")

    assert (answer.code, answer.stderr) == (
        2,
        (
            f"--frame is '{frame}'; allowed is a whole number of 1 to 100000. Write --frame 1 for "
            "the first. [out_of_range]\n"
        ),
    )


def test_before_and_after_are_side_by_side(
    paintgraph: Paintgraph, photo: NDArray[np.uint8]
) -> None:
    command = ("run", "outpaint", "photo.png", "--sides", "left,top", "--engine", "telea")

    answer = paintgraph(*command, "--concat", "-o", "both.png", "-o", "after=alone.png")

    assert answer.code == 0, answer.stderr
    both, alone = _pixels("both.png"), _pixels("alone.png")
    height, width = alone.shape[:2]
    top = (height - HEIGHT) // 2
    assert both.shape == (height, WIDTH + 8 + width, 3)
    assert np.array_equal(both[top : top + HEIGHT, :WIDTH], photo)
    assert np.array_equal(both[:, WIDTH + 8 :], alone)
    assert (both[:, WIDTH : WIDTH + 8] == 255).all()
    assert paintgraph("replay", "both.png").text.startswith("both.png: equal")


def test_before_and_after_of_many_pictures_and_of_masks(paintgraph: Paintgraph) -> None:
    command = ("run", "grow_mask", "left.png", "photo.png", "--amount", "1", "--concat", "-o", "x/")

    answer = paintgraph(*command)

    assert answer.code == 0, answer.stderr
    assert _pixels("x/left.png").shape[1] == 2 * WIDTH + 8
    assert _pixels("x/left.png")[0, WIDTH // 2].max() == 0
    assert _pixels("x/left.png")[0, WIDTH + 8 + WIDTH // 2].min() == 255
    assert paintgraph(*command).stderr.endswith("0 done, 2 skipped\n")


def test_before_and_after_show_the_colour_through_what_is_clear(paintgraph: Paintgraph) -> None:
    answer = paintgraph(*CUT, "--concat", "--background", "lime", "-o", "both.jpg")

    assert answer.code == 0, answer.stderr
    ground = _pixels("both.jpg")[HEIGHT // 2, -2].astype(int)
    assert np.abs(ground - (0, 255, 0)).max() < 12


def test_there_is_no_before_without_a_picture(paintgraph: Paintgraph) -> None:
    Path("plain.yaml").write_text(
        "paintgraph: 1\nnodes: {it: {node: EmptyImage}}\noutputs: {image: '${it.image}'}\n"
    )

    answer = paintgraph("run", "plain.yaml", "--concat", "-o", "x.png")

    assert (answer.code, answer.stderr) == (
        2,
        (
            "--concat: the recipe does not make a picture of a picture, so there is no before and "
            "after. Leave it out. [no_picture]\n"
        ),
    )


def test_a_picture_beyond_the_budget_names_the_setting_and_raising_it_helps(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTGRAPH_MAX_PIXELS", str(HEIGHT * WIDTH - 1))
    refused = paintgraph(*WIDER, "-o", "x.png")
    monkeypatch.setenv("PAINTGRAPH_MAX_PIXELS", str(HEIGHT * WIDTH))
    taken = paintgraph(*WIDER, "-o", "x.png")

    assert refused.code == 1
    assert (
        "is 12x16 (height x width), 192 pixels; allowed are 191. Scale it down first, or raise "
        "PAINTGRAPH_MAX_PIXELS. [too_many_pixels]"
    ) in refused.stderr
    assert taken.code == 0, taken.stderr


def test_a_comparison_that_no_result_shows_is_refused(paintgraph: Paintgraph) -> None:
    command = ("run", "inpaint", "photo.png", "--mask", "left.png", "--engine", "telea", "--concat")

    refused = paintgraph(*command, "-o", "mask=m.png")
    cured = paintgraph(*command, "-o", "mask=m.png", "-o", "both.png")

    assert refused.code == 2
    assert refused.stderr == (
        "--concat: before and after are the result 'image', and -o names mask alone. Write -o FILE "
        "for it, or drop --concat. [nothing_to_compare]\n"
    )
    assert cured.code == 0, cured.stderr
    assert _pixels("both.png").shape[1] > 2 * WIDTH


def test_a_picture_too_large_to_stand_beside_another_is_told_before_the_work(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("run", "inpaint", "photo.png", "--mask", "left.png", "--engine", "telea")

    monkeypatch.setattr("paintgraph.cli.preparing.MOST_PIXELS", 2 * WIDTH * HEIGHT - 1)
    told = paintgraph(*command, "--concat", "-o", "both.png").stderr.splitlines()
    alone = paintgraph(*command, "-o", "one.png").stderr

    assert told[0].startswith(f"warning: --concat: the picture has {WIDTH}x{HEIGHT} px, and ")
    assert told[0].endswith("unless the result is smaller. Leave --concat out.")
    assert "--concat" not in alone
