"""`paintgraph.run`: what it takes, what it gives, and what it says where it cannot."""

import signal
import threading
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

import paintgraph as front
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.tests.cli.conftest import HEIGHT, WIDTH, Paintgraph, png, samples
from paintgraph.tests.python.conftest import COPY

WIDER: Mapping[str, Any] = {"sides": ["left", "right"], "fraction": 0.5, "engine": "telea"}
OPTIONS = ("--sides", "left,right", "--fraction", "0.5", "--engine", "telea")


def problems(error: pytest.ExceptionInfo[front.Error]) -> list[tuple[str, str]]:
    return [(problem.code, problem.message) for problem in error.value.problems]


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_a_saved_result_is_the_command_lines_to_the_byte(
    paintgraph: Paintgraph, suffix: str
) -> None:
    paintgraph("run", "outpaint", "--image", "photo.png", *OPTIONS, "-o", f"by_command{suffix}")

    result = front.run("outpaint", image="photo.png", **WIDER)
    [saved] = result.save(f"by_python{suffix}")

    assert saved.read_bytes() == Path(f"by_command{suffix}").read_bytes()


@pytest.mark.usefixtures("recipe")
def test_sixteen_bits_profile_and_exif_are_kept_as_the_command_line_keeps_them(
    paintgraph: Paintgraph,
) -> None:
    from paintgraph.imaging.files.decode import decode
    from paintgraph.imaging.files.encode import encode
    from paintgraph.imaging.samples import to_image

    deep = np.random.default_rng(0).integers(0, 2**16, (HEIGHT, WIDTH, 4), np.uint16)
    exif = Image.Exif()
    exif[271] = "maker"
    Path("deep.png").write_bytes(encode(to_image(deep), depth=16, exif=exif.tobytes()))
    paintgraph("run", "copy.yaml", "--image", "deep.png", "-o", "by_command.png")

    result = front.run("copy.yaml", image="deep.png")
    [saved] = result.save("by_python.png")

    assert saved.read_bytes() == Path("by_command.png").read_bytes()
    assert decode(saved.read_bytes()).depth == 16
    with Image.open(saved) as written:
        assert written.getexif()[271] == "maker"
    assert np.array_equal(np.rint(result.array * 65535), deep)


def test_a_result_has_pictures_values_measures_and_warnings(photo: Path) -> None:
    result = front.run("outpaint", image=photo, **WIDER)

    assert result.names == ("image", "mask")
    assert result.image.mode == "RGB"
    assert result.image.size == (32, 12)
    assert result["mask"].mode == "L"
    assert np.array_equal(np.asarray(result["mask"])[0], [255] * 8 + [0] * 16 + [255] * 8)
    assert result.array.dtype == np.float32
    assert result.array.shape == (12, 32, 3)
    assert np.array_equal(np.asarray(result.image)[:, 8:24], samples())
    assert result.measures["max_abs_diff_outside"] == 0
    assert result.warnings == []
    assert result._repr_png_() == result.pictures()[0].encode(metadata=False)


def test_a_result_is_printed_in_one_line(photo: Path, recipe: Path) -> None:
    one = front.run(recipe, image=photo, words=["c" * 99])
    two = front.run(recipe, image=[photo, photo])

    assert repr(one).startswith(
        "<Result image=<Picture RGB 16x12 px, 8 bits>, mask=<Picture mask 16x12 px, 8 bits>, "
    )
    assert len(repr(one)) < 300
    assert "image=2 of them, the first <Picture RGB 16x12 px, 8 bits>" in repr(two)


def test_values_that_are_no_pictures_are_plain(photo: Path, recipe: Path) -> None:
    result = front.run(recipe, image=photo, words=np.array(["c"]))

    assert result["words"] == ["c"]


SAMPLES = samples()
FORMS: Mapping[str, Any] = {
    "path": Path("photo.png"),
    "text": "photo.png",
    "bytes": png(SAMPLES),
    "uint8": SAMPLES,
    "uint16": SAMPLES.astype(np.uint16) * 257,
    "float": SAMPLES / 255,
    "float32": (SAMPLES / 255).astype(np.float32),
    "batch of one": SAMPLES[np.newaxis],
    "PIL": Image.fromarray(SAMPLES),
    "PIL of a palette": Image.fromarray(SAMPLES).quantize(256),
}


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize("form", FORMS)
def test_a_picture_may_be_given_in_any_usual_form(recipe: Path, form: str) -> None:
    expected = np.asarray(FORMS[form].convert("RGB")) if "palette" in form else SAMPLES

    result = front.run(recipe, image=FORMS[form])

    assert np.array_equal(np.rint(result.array * 255), expected)


GREY = SAMPLES[..., 0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (GREY > 127, np.where(GREY > 127, 255, 0)),
        (GREY, GREY),
        (GREY[..., np.newaxis], GREY),
        (Image.fromarray(GREY), GREY),
        (Image.fromarray(GREY > 127), np.where(GREY > 127, 255, 0)),
        (Image.fromarray(GREY.astype(np.uint16) * 257), GREY),
    ],
    ids=["bool", "uint8", "one channel", "L", "1", "I;16"],
)
def test_a_mask_may_be_given_in_any_usual_form(recipe: Path, given: Any, expected: Any) -> None:
    result = front.run(recipe, image=given)

    assert np.array_equal(np.rint(result.pictures("mask")[0].array * 255), expected)


def test_alpha_is_kept(recipe: Path) -> None:
    given = np.dstack((SAMPLES, GREY))

    assert np.array_equal(np.asarray(front.run(recipe, image=given).image), given)
    assert np.array_equal(np.asarray(front.run(recipe, image=Image.fromarray(given)).image), given)


def test_a_pil_image_keeps_its_profile_and_is_turned_as_its_exif_says(recipe: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[274] = 6  # to be turned by a quarter
    file = BytesIO()
    Image.fromarray(SAMPLES).save(file, "JPEG", exif=exif, icc_profile=profile)
    Path("photo.jpg").write_bytes(file.getvalue())

    by_path = front.run(recipe, image="photo.jpg")
    with Image.open("photo.jpg") as opened:
        by_pil = front.run(recipe, image=opened)

    assert by_pil.image.size == (HEIGHT, WIDTH)
    assert np.array_equal(by_pil.array, by_path.array)
    assert by_pil.pictures()[0].facts["icc"] == by_path.pictures()[0].facts["icc"] == profile


def test_the_result_of_one_run_is_a_picture_of_the_next(photo: Path) -> None:
    wide = front.run("outpaint", image=photo, **WIDER)

    again = front.run("inpaint", image=wide, mask=wide.pictures("mask")[0], engine="telea")

    assert np.array_equal(again.array[:, 8:24], wide.array[:, 8:24])


def test_a_batch_is_run_picture_by_picture(photo: Path, recipe: Path) -> None:
    other = samples(seed=1)

    result = front.run(recipe, image=np.stack((SAMPLES, other)))
    listed = front.run(recipe, image=[photo, Image.fromarray(other)])

    for both in (result, listed):
        assert [np.rint(array * 255).tolist() for array in both.arrays] == [
            SAMPLES.tolist(),
            other.tolist(),
        ]
    assert [path.name for path in result.save("out.png")] == ["out.png", "out_2.png"]
    assert len(result["mask"]) == 2


def test_masks_of_a_batch_go_with_their_pictures(photo: Path) -> None:
    masks = np.zeros((2, HEIGHT, WIDTH), np.bool_)
    masks[1, 4:8, 4:8] = True

    first, second = front.run("inpaint", image=photo, mask=masks, engine="telea").arrays

    assert np.array_equal(np.rint(first * 255), SAMPLES)
    assert not np.array_equal(second, first)


def test_two_channels_are_no_batch(recipe: Path) -> None:
    with pytest.raises(front.Error, match=r"the array's shape is \[5, 5, 2\]"):
        front.run(recipe, image=np.zeros((5, 5, 2), np.uint8))


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_masks_as_the_error_names_go_with_three_pictures(photo: Path, count: int) -> None:
    with pytest.raises(front.Error, match=r"Pass 1 or 3 for 'mask'\.$"):
        front.run("inpaint", image=[photo] * 3, mask=[photo] * 2)

    mask = np.zeros((count, HEIGHT, WIDTH), np.bool_)
    mask[:, 4:8, 4:8] = True
    assert len(front.run("inpaint", image=[photo] * 3, mask=mask, engine="telea").arrays) == 3


def test_batches_of_two_lengths_are_refused(photo: Path) -> None:
    with pytest.raises(front.Error) as error:
        front.run("inpaint", image=[photo] * 2, mask=[photo] * 3)

    assert problems(error) == [
        (
            "size_mismatch",
            (
                "inputs: batches of pictures differ: 'image' has 2, 'mask' has 3; allowed "
                "are equal "
                "batches, or one. Pass 1 or 3 for 'image'."
            ),
        )
    ]


@pytest.mark.parametrize("form", ["text", "path", "mapping", "graph"])
def test_a_recipe_may_be_a_file_a_mapping_or_a_graph(photo: Path, recipe: Path, form: str) -> None:
    graph, _ = read_graph(COPY.encode(), "copy")
    given: Any = {
        "text": "copy.yaml",
        "path": recipe,
        "mapping": yaml.safe_load(COPY),
        "graph": graph,
    }[form]

    assert np.array_equal(np.asarray(front.run(given, image=photo).image), SAMPLES)


@pytest.mark.usefixtures("photo")
def test_a_prompt_of_comfyui_is_run_and_saves_what_it_saves() -> None:
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }

    result = front.run(prompt)

    assert result.names == ()
    assert [path.name for path in result.saved] == ["x_00001_.png"]
    with Image.open(result.saved[0]) as saved:
        assert np.array_equal(np.asarray(saved), SAMPLES)
    assert result._repr_png_() is None
    with pytest.raises(front.Error, match="gave no picture by name"):
        _ = result.image


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (
            {"image": 3},
            "wrong_type",
            (
                "input 'image': it is of type int; allowed are a path, a file's bytes, a "
                "numpy array, "
                "a PIL image, and a Picture or Result of a run. Convert it."
            ),
        ),
        (
            {"image": None},
            "wrong_type",
            (
                "input 'image': it is None; allowed are a path, a file's bytes, a numpy array, a "
                "PIL image, and a Picture or Result of a run. Pass one."
            ),
        ),
        (
            {"image": "nothing.png"},
            "unreadable_file",
            "input 'image': there is no file 'nothing.png'. Check the spelling and the folder.",
        ),
        (
            {"image": np.zeros((3, 4, 4), np.int64)},
            "bad_array",
            (
                "input 'image': the array's samples are int64; allowed are bool, uint8, "
                "uint16, and "
                "floats from 0 to 1. Convert them, such as by array.astype(numpy.uint8)."
            ),
        ),
        (
            {"image": SAMPLES.astype(np.float32)},
            "bad_array",
            (
                "input 'image': the array's samples go from 0 to 255; floats must lie from 0 to 1. "
                "Divide by the largest value, such as 255."
            ),
        ),
        (
            {"image": np.full((3, 4), np.nan)},
            "bad_array",
            (
                "input 'image': some of the array's samples are NaN; floats must lie from 0 to 1. "
                "Replace them, such as by numpy.nan_to_num(array)."
            ),
        ),
        (
            {"image": np.zeros(5)},
            "bad_array",
            (
                "input 'image': the array's shape is [5]; allowed are [H, W], [H, W, 1, 3 "
                "or 4], and "
                "batches of such pictures along a first axis. Move or drop axes."
            ),
        ),
        (
            {"image": Image.new("CMYK", (4, 4))},
            "unsupported_picture",
            (
                "input 'image': the image's mode is CMYK; allowed are 1, L, LA, P, RGB, "
                "RGBA, I;16. "
                "Convert it, such as by image.convert('RGB')."
            ),
        ),
        (
            {"image": "photo.png", "word": 1},
            "unknown_input",
            (
                "input 'word': the recipe has no such input; it has image, words, device. "
                "Did you mean 'words'?"
            ),
        ),
        ({}, "missing_input", "input 'image' is missing; its type is image. Give it a value."),
    ],
    ids=["type", "none", "file", "int64", "range", "nan", "shape", "mode", "unknown", "missing"],
)
def test_an_input_that_cannot_be_used_is_named(
    recipe: Path, given: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(front.Error) as error:
        front.run(recipe, given)

    assert problems(error) == [(code, message)]
    assert error.value.code == code


def test_a_mask_of_integers_0_and_1_is_no_mask_of_8_bits(photo: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[2:5, 2:5] = 1

    with pytest.raises(front.Error, match=r"0 and 1 of 255.*Pass mask\.astype\(bool\)") as error:
        front.run("inpaint", image=photo, mask=mask, engine="telea")

    assert error.value.code == "bad_array"
    assert front.run("inpaint", image=photo, mask=mask.astype(bool), engine="telea")


@pytest.mark.parametrize("given", ["photo.png", SAMPLES], ids=["path", "array"])
def test_a_picture_without_a_name_is_refused_with_the_way_to_pass_it(given: Any) -> None:
    for run in (front.run, front.connect("http://127.0.0.1:1").run):
        with pytest.raises(front.Error, match="Pass each input by its name") as error:
            run("outpaint", given)
        assert error.value.code == "wrong_type"


def test_every_fault_is_named_at_once(recipe: Path) -> None:
    with pytest.raises(front.Error) as error:
        front.run(recipe, image=3, word=2)

    assert [problem.input for problem in error.value.problems] == ["image", "word"]
    assert error.value.code == "wrong_type"


def test_an_option_and_an_input_of_one_name_are_never_mixed_up(photo: Path, recipe: Path) -> None:
    with pytest.raises(front.Error) as error:
        front.run(recipe, image=photo, device="cpu")

    assert [code for code, _ in problems(error)] == ["ambiguous_input"]
    assert front.run(recipe, {"device": "here"}, image=photo)["device"] == "here"
    with pytest.raises(front.Error, match="is in the mapping and a named argument"):
        front.run(recipe, {"image": photo}, image=photo)


def test_a_recipe_that_is_not_there_is_named() -> None:
    with pytest.raises(front.Error, match="there is no file or recipe 'outpant'") as error:
        front.run("outpant")
    assert error.value.code == "no_such_graph"
    with pytest.raises(front.Error, match="the recipe is of type int"):
        front.run(3)  # type: ignore[arg-type]


def test_a_missing_model_is_named_before_anything_runs_as_the_command_line_names_it(
    paintgraph: Paintgraph, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTGRAPH_MODELS_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("REMBG_HOME", str(tmp_path / "none"))
    told = paintgraph("run", "generate_mask", "--image", "photo.png")
    events: list[front.Progress] = []

    with pytest.raises(front.Error) as error:
        front.run("generate_mask", image=photo, progress=events.append)

    [(code, message)] = problems(error)
    assert error.value.code == code == "model_missing"
    assert f"{message} [model_missing]" in told.stderr
    assert events == []


def test_a_node_that_fails_is_an_error_with_its_name(photo: Path, folder: Path) -> None:
    (folder / "broken.png").write_bytes(photo.read_bytes()[:60])

    with pytest.raises(front.Error) as error:
        front.run("outpaint", image="broken.png", **WIDER)

    assert [problem.node for problem in error.value.problems] == ["photo"]
    assert error.value.code == error.value.problems[0].code == "truncated_picture"


def test_a_result_is_not_saved_where_it_cannot_be(photo: Path, recipe: Path) -> None:
    result = front.run(recipe, image=photo)

    for file, code in (
        ("x.gif", "unknown_suffix"),
        ("none/x.png", "no_such_folder"),
        (".", "unknown_suffix"),
    ):
        with pytest.raises(front.Error) as error:
            result.save(file)
        assert error.value.code == code
    with pytest.raises(front.Error, match=r"there is no result 'masc'.*Did you mean 'mask'\?"):
        result["masc"]
    with pytest.raises(front.Error, match="the result 'words' is no picture"):
        result.save("x.png", "words")


def test_progress_grows_to_one(photo: Path) -> None:
    events: list[front.Progress] = []

    front.run("outpaint", image=photo, progress=events.append, **WIDER)

    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert {"photo", "canvas", "filled"} <= {event.node for event in events}


def test_what_a_progress_callback_raises_ends_the_run(photo: Path) -> None:
    def fail(_: front.Progress) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        front.run("outpaint", image=photo, progress=fail, fresh=True, **WIDER)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_cancels_the_run(photo: Path) -> None:
    seen: list[front.Progress] = []

    def interrupt(event: front.Progress) -> None:
        seen.append(event)
        if len(seen) == 1:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        front.run("outpaint", image=photo, progress=interrupt, fresh=True, **WIDER)

    assert seen[-1].fraction < 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_in_another_thread_touches_no_signals(photo: Path, recipe: Path) -> None:
    results = []
    thread = threading.Thread(target=lambda: results.append(front.run(recipe, image=photo)))
    thread.start()
    thread.join()

    assert len(results) == 1


@pytest.mark.usefixtures("photo")
def test_a_saved_picture_runs_again_with_the_same_or_other_values() -> None:
    first = front.run("outpaint", image="photo.png", **WIDER, seed=-1)
    first.save("wide.png")

    again, other = front.run("wide.png"), front.run("wide.png", sides=["top"])

    assert again.pictures()[0].digest == first.pictures()[0].digest
    assert other.image.size == (WIDTH, HEIGHT + HEIGHT // 2)
    Path("photo.png").unlink()
    with pytest.raises(front.Error, match="input 'image': its picture sha256:") as error:
        front.run("wide.png")
    assert error.value.code == "unknown_picture"
