"""Faces and writing, found by tiny networks in the forms of the published ones."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.masks.writing import (
    Line,
    find_lines,
    mask_of_lines,
    mask_of_strokes,
)
from paintgraph.imaging.opencv import cv2
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.errors import DamagedModelError, ModelError
from paintgraph.models.families import open_index
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.models.selectors import Selectors
from paintgraph.tests.models import tiny_finders
from paintgraph.tests.models.tiny_finders import FACE_SIZE, FACES, WRITING

RULES = DeviceRules(device="cpu")
RED, GREEN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


class Finders:
    """Both kinds of models, in a folder."""

    def __init__(self, folder: Path, loaded: LoadedModels, faces: bytes | None = None) -> None:
        tiny_finders.add_finders(folder, faces)
        self.names = ModelNames(open_index(folder, {}))
        self.selectors = Selectors(ModelLender(self.names, loaded, RULES))

    def faces(self, image: Image) -> list[list[float]]:
        ref: ModelRef = self.names.bind(FACES)
        found = self.selectors.faces(ref, image, 0.5)
        return [[item, *box] for item, box in zip(found.items, found.corners.tolist(), strict=True)]

    def writing(self, image: Image) -> list[np.ndarray]:
        return list(self.selectors.writing(self.names.bind(WRITING), image))


@pytest.fixture
def loaded() -> Iterator[LoadedModels]:
    with LoadedModels(lambda _: 10**9) as loaded:
        yield loaded


@pytest.fixture
def finders(tmp_path: Path, loaded: LoadedModels) -> Finders:
    return Finders(tmp_path, loaded)


def grey(height: int, width: int, batch: int = 1) -> Image:
    return np.full((batch, height, width, 3), 0.4, np.float32)


def around(x: float, y: float, scale: float = 1) -> list[float]:
    """The box of a face in the middle of a cell whose first px is (x, y)."""
    height, width = (side * scale for side in FACE_SIZE)
    middle = x + 2 * scale, y + 2 * scale
    return [
        *(middle[0] - width / 2, middle[1] - height / 2),
        *(middle[0] + width / 2, middle[1] + height / 2),
    ]


def test_a_face_lies_around_the_cell_that_is_its_middle(finders: Finders) -> None:
    image = grey(70, 90, batch=2)
    image[0, 20:24, 40:44] = image[1, 48:52, 8:12] = RED

    assert finders.faces(image) == [[0, *around(40, 20)], [1, *around(8, 48)]]


def test_of_faces_that_overlap_one_is_taken(finders: Finders) -> None:
    image = grey(64, 64)
    image[0, 20:24, 40:48] = RED

    assert len(finders.faces(image)) == 1


def test_a_large_picture_is_looked_at_in_1600_px(finders: Finders) -> None:
    image = grey(800, 3200)
    image[0, 400:408, 1600:1608] = RED

    assert finders.faces(image) == [[0, *around(1600, 400, scale=2)]]


def test_a_network_that_declares_every_size_is_taken_as_well(
    tmp_path: Path, loaded: LoadedModels
) -> None:
    finders = Finders(tmp_path, loaded, tiny_finders.face_network(("n", 3, "h", "w")))
    image = grey(70, 90)
    image[0, 20:24, 40:44] = RED

    assert finders.faces(image) == [[0, *around(40, 20)]]


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"no network", DamagedModelError, "is no ONNX model that can be loaded"),
        (tiny_finders.writing_network(), ModelError, "a finder of faces takes a picture"),
    ],
)
def test_another_file_is_told_from_a_finder_of_faces(
    tmp_path: Path, loaded: LoadedModels, data: bytes, error: type[ModelError], words: str
) -> None:
    finders = Finders(tmp_path, loaded, data)

    with pytest.raises(error, match=words):
        finders.faces(grey(64, 64))


@pytest.mark.parametrize("size", [(100, 300), (900, 700), (1000, 3000)])
def test_writing_is_mapped_over_the_whole_picture(finders: Finders, size: tuple[int, int]) -> None:
    height, width = size
    image = grey(height, width)
    box = np.s_[height // 2 : height // 2 + height // 8, width // 4 : width // 2]
    image[0][box] = GREEN

    (likely,) = finders.writing(image)

    assert all(side % 32 == 0 for side in likely.shape)
    assert max(likely.shape) <= 2016
    mask = mask_of_lines(find_lines(likely, 0.3, 0.5), likely.shape, height, width)[0]
    assert mask[box].all()
    # Cores are taught to be smaller than lines: about two thirds of their height is put back.
    rows = np.flatnonzero(mask.any(axis=1))
    assert 1.5 <= len(rows) / (height // 8) <= 3
    assert not mask[: height // 4].any()
    assert not mask[:, : width // 8].any()


def test_turned_lines_are_selected_as_turned_lines() -> None:
    likely = np.zeros((200, 200), np.float32)
    for step in range(120):
        likely[40 + step - 4 : 40 + step + 4, 40 + step] = 1

    (line,) = find_lines(likely, 0.3, 0.5)
    mask = mask_of_lines([line], (200, 200), 200, 200)[0]

    assert mask[likely > 0].all()
    assert mask.sum() < 5 * (likely > 0).sum()  # a level box would have fifteen times as many


def test_what_is_faint_or_tiny_is_no_line() -> None:
    likely = np.zeros((60, 60), np.float32)
    likely[10:16, 10:40] = 0.4
    likely[40:42, 10:12] = 1

    assert find_lines(likely, 0.3, 0.5) == []
    assert len(find_lines(likely, 0.3, 0.35)) == 1


def test_growing_a_line_moves_its_sides_out_by_a_part_of_its_height() -> None:
    likely = np.zeros((100, 200), np.float32)
    likely[40:50, 50:150] = 1
    lines = find_lines(likely, 0.3, 0.5)

    narrow = mask_of_lines(lines, likely.shape, 100, 200)[0]
    wide = mask_of_lines(lines, likely.shape, 100, 200, grow=0.5)[0]

    assert wide[narrow > 0].all()
    height, more = (int(mask.any(axis=1).sum()) for mask in (narrow, wide))
    assert abs(more - 2 * height) <= 2


SEEN = (120, 400)


def bars(ground: Image, colour: tuple[float, float, float]) -> tuple[Image, np.ndarray]:
    """Eight strokes of 8 px in a line from (40, 40) to (360, 80), and what they cover."""
    image, is_stroke = ground.copy(), np.zeros(SEEN, bool)
    for left in range(44, 360, 40):
        is_stroke[44:76, left : left + 8] = True
    image[0, is_stroke] = colour
    return image, is_stroke


LINE = Line((199.5, 59.5), (320, 40), 0, 1)


@pytest.mark.parametrize("colour", [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.6, 0.0)])
def test_strokes_are_told_from_what_is_behind_them(colour: tuple[float, float, float]) -> None:
    slope = np.linspace(0.25, 0.55, SEEN[1], dtype=np.float32)
    ground = np.broadcast_to(slope[None, None, :, None], (1, *SEEN, 3))
    image, is_stroke = bars(ground, colour)

    mask = mask_of_strokes(image, [LINE], SEEN)[0] > 0

    assert mask[is_stroke].all()
    assert mask.sum() < 2.5 * is_stroke.sum()  # the line has five times as much


@pytest.mark.parametrize("rim", [(0.9, 0.9, 0.8), (0.1, 0.2, 0.1)])
def test_an_edge_that_goes_on_outside_of_a_line_is_no_stroke(
    rim: tuple[float, float, float],
) -> None:
    """Posts of a fence stand between the strokes."""
    ground = np.full((1, *SEEN, 3), (0.4, 0.25, 0.2), np.float32)
    ground[0, :, [*range(104, 112), *range(264, 272)]] = rim
    image, is_stroke = bars(ground, (1.0, 0.5, 0.0))

    mask = mask_of_strokes(image, [LINE], SEEN)[0] > 0

    assert mask[is_stroke].all()
    assert not mask[:, 104:112].any()
    assert not mask[:, 264:272].any()


@pytest.mark.parametrize("angle", [0, 30])
def test_letters_that_are_clear_here_and_faint_there_are_selected(angle: int) -> None:
    """White ones before wood, and before a cup that is nearly as bright."""
    wood = np.random.default_rng(1).integers(60, 120, (200, 300, 3)).astype(np.uint8)
    wall = np.asarray(cv2.GaussianBlur(wood, (0, 0), 2), np.uint8)
    wall[:, 130:] = 225
    written = cv2.putText(wall.copy(), "Words here", (60, 110), 0, 1, (255,) * 3, 2, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((148, 101), -angle, 1)
    pair = (cv2.warpAffine(each, turn, (300, 200), borderMode=1) for each in (wall, written))
    bare, image = (np.asarray(each, np.float32) / np.float32(255) for each in pair)
    line = Line((148, 101), (200, 44), angle, 1)

    (mask,) = mask_of_strokes(image[np.newaxis], [line], (200, 300))

    changed = np.abs(image - bare).max(axis=2) > 8 / 255
    assert (mask[changed] == 1).all()
    assert mask.sum() < 0.75 * 200 * 44


@pytest.mark.parametrize("ground", [np.float32(0.5), None], ids=["plain", "noise"])
def test_a_line_without_clear_strokes_is_selected_wholly(ground: np.float32 | None) -> None:
    shape = (1, *SEEN, 3)
    noise = np.random.default_rng(0).random(shape, np.float32)
    image = noise if ground is None else np.full(shape, ground, np.float32)

    whole = mask_of_lines([LINE], SEEN, *SEEN)

    assert np.array_equal(mask_of_strokes(image, [LINE], SEEN), whole)


def test_lines_that_reach_over_a_side_are_cut_off() -> None:
    outside = Line((-200, -200), (30, 10), 30, 1)
    across = Line((0, 0), (60, 20), 30, 1)
    image = np.full((1, *SEEN, 3), 0.5, np.float32)

    mask = mask_of_strokes(image, [outside, across], SEEN)

    assert np.array_equal(mask, mask_of_lines([across], SEEN, *SEEN))
