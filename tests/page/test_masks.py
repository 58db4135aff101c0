"""Masks of the page: what is drawn, combined, moved and undone, compared with numpy's and PIL's."""

import io
import math
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import Tab
from paintgraph.tests.page.browsing import IN_BROWSER, visited

pytestmark = IN_BROWSER

Bytes = NDArray[np.uint8]

WIDTH, HEIGHT = 23, 17
MASKS = arrays(np.uint8, (HEIGHT, WIDTH), elements=st.sampled_from([0, 0, 1, 90, 128, 254, 255]))
MODES = ("replace", "add", "subtract", "intersect")
SOME = settings(max_examples=15)  # each is a question to the browser

_WITH = """async given => {
  const [{ Mask: Plain, edged }, areas, png] = await Promise.all(
    ["mask", "areas", "png"].map(name => import(`/page/${name}.js`)));
  class Mask extends Plain { // with short ways to draw
    stamp(x, y, radius, softness, value) {
      return this.stroke({ x, y, radius }, { x, y, radius }, softness, value);
    }
    rect(x, y, width, height, mode) {
      const [right, bottom] = [x + width, y + height];
      return this.polygon(
        [{ x, y }, { x: right, y }, { x: right, y: bottom }, { x, y: bottom }], mode);
    }
    edge(pixels, fade) {
      const patch = this.cut();
      return this.combine(patch && edged(patch, this, pixels, fade), "replace");
    }
    grow(pixels) { return this.edge(pixels, 0); }
    soften(pixels) { return this.edge(0, pixels); }
  }
  const masked = ({ data, width, height }) => new Mask(width, height, Uint8Array.from(data));
  const shown = mask => ({ data: [...mask.data], width: mask.width, height: mask.height });
  const base64 = async blob => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
  };
"""


@pytest.fixture(scope="module")
def tab(browser: Browser, server: Child) -> Iterator[Tab]:
    """The page, whose modules are asked."""
    with visited(browser, server) as tab:
        yield tab


def _ask(tab: Tab, body: str, **given: Any) -> Any:
    return tab.ask(f"{_WITH}{body} }}", given)


def _sent(mask: Bytes) -> dict[str, Any]:
    return {"data": mask.ravel().tolist(), "width": mask.shape[1], "height": mask.shape[0]}


def _got(answer: Any) -> Bytes:
    data: Bytes = np.array(answer["data"], np.uint8)
    return data.reshape(answer["height"], answer["width"])


@SOME
@given(mask=MASKS)
def test_inverting_twice_changes_nothing(tab: Tab, mask: Bytes) -> None:
    once, twice = _ask(
        tab,
        "const mask = masked(given.mask); mask.invert(); const once = shown(mask);"
        "mask.invert(); return [once, shown(mask)];",
        mask=_sent(mask),
    )

    assert _got(once).tolist() == (255 - mask).tolist()
    assert _got(twice).tolist() == mask.tolist()


@SOME
@given(old=MASKS, data=st.data(), mode=st.sampled_from(MODES))
def test_a_shape_meets_what_is_selected(
    tab: Tab, old: Bytes, data: st.DataObject, mode: str
) -> None:
    x, y = data.draw(st.integers(0, WIDTH - 1)), data.draw(st.integers(0, HEIGHT - 1))
    width, height = data.draw(st.integers(1, WIDTH - x)), data.draw(st.integers(1, HEIGHT - y))
    shape = np.zeros_like(old)
    shape[y : y + height, x : x + width] = data.draw(
        arrays(np.uint8, (height, width), elements=st.integers(0, 255))
    )
    expected = {
        "replace": shape,
        "add": np.maximum(old, shape),
        "subtract": np.minimum(old, 255 - shape),
        "intersect": np.minimum(old, shape),
    }[mode]

    changed, got, bounds = _ask(
        tab,
        "const mask = masked(given.old); const { data, ...place } = given.patch;"
        "const changed = mask.combine({ ...place, data: Uint8Array.from(data) }, given.mode);"
        "return [changed, shown(mask), mask.bounds()];",
        old=_sent(old),
        patch={"x": x, "y": y, **_sent(shape[y : y + height, x : x + width])},
        mode=mode,
    )

    assert _got(got).tolist() == expected.tolist()
    outside = np.ones(old.shape, bool)
    if changed:
        outside[
            changed["y"] : changed["y"] + changed["height"],
            changed["x"] : changed["x"] + changed["width"],
        ] = False
    assert (expected == old)[outside].all()
    rows, columns = np.nonzero(expected)
    assert bounds == (
        None
        if not rows.size
        else {
            "x": columns.min(),
            "y": rows.min(),
            "width": columns.max() - columns.min() + 1,
            "height": rows.max() - rows.min() + 1,
        }
    )


def test_subtracting_what_was_added_leaves_nothing(tab: Tab) -> None:
    left = _ask(
        tab,
        "const mask = new Mask(40, 30); const corners = [[3, 4], [30.5, 8], [20, 27.25]];"
        "const points = corners.map(([x, y]) => ({ x, y }));"
        "mask.rect(2, 3, 20, 10, 'add'); mask.rect(2, 3, 20, 10, 'subtract');"
        "const afterBox = mask.isEmpty; mask.polygon(points, 'add'); const shape = mask.cut();"
        "mask.invert(); mask.polygon(points, 'subtract'); mask.invert();"
        "return [afterBox, shown(mask).data.every((v, at) => v >= 255 - 254 || v === 0),"
        "shape.data.some(v => v > 0 && v < 255)];",
    )

    assert left == [True, True, True]


def _distances(is_selected: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How far each pixel is from the nearest selected one."""
    rows, columns = np.indices(is_selected.shape)
    found = np.argwhere(is_selected)
    if not len(found):
        return np.full(is_selected.shape, np.inf)
    nearest: NDArray[np.float64] = np.min(
        [np.hypot(rows - y, columns - x) for y, x in found], axis=0
    )
    return nearest


@SOME
@given(mask=MASKS, pixels=st.sampled_from([1, 2, 3.5, 6]))
def test_growing_moves_the_outline_by_exact_distances(tab: Tab, mask: Bytes, pixels: float) -> None:
    reached = np.clip(pixels + 1 - _distances(mask >= 128), 0, 1)

    grown, shrunk = _ask(
        tab,
        "const { data, width, height } = masked(given.mask);"
        "return [given.pixels, -given.pixels].map(pixels =>"
        " ({ data: [...areas.grown(data, width, height, pixels)], width, height }));",
        mask=_sent(mask),
        pixels=pixels,
    )

    assert _got(grown).tolist() == np.maximum(mask, np.floor(255 * reached + 0.5)).tolist()
    complement = 255 - mask
    lost = np.clip(pixels + 1 - _distances(complement >= 128), 0, 1)
    expected = 255 - np.maximum(complement, np.floor(255 * lost + 0.5))
    assert _got(shrunk).tolist() == expected.tolist()


def test_a_grown_selection_contains_what_it_was_and_stays_in_the_picture(tab: Tab) -> None:
    before, after = _ask(
        tab,
        "const mask = new Mask(40, 30); mask.stamp(3, 4, 6, 0, 255); const before = shown(mask);"
        "mask.grow(5); return [before, shown(mask)];",
    )

    old, new = _got(before), _got(after)
    assert (new >= old).all()
    assert new[4, 13] == 255 > old[4, 9]
    assert not new[:, 15:].any()


@pytest.mark.parametrize("pixels", [1, 2, 5, 9])
def test_softening_fades_over_as_many_pixels_on_both_sides(tab: Tab, pixels: int) -> None:
    answer = _ask(
        tab,
        "const mask = new Mask(60, 50); mask.rect(30, 0, 30, 50); mask.soften(given.pixels);"
        "return shown(mask);",
        pixels=pixels,
    )

    got = _got(answer).astype(int)
    assert (got == got[0]).all()  # sides of the picture do not eat the selection
    row = got[0]
    assert (np.diff(row) >= 0).all()
    assert not row[: 30 - pixels].any()
    assert (row[30 + pixels :] == 255).all()
    assert 0 < row[30 - pixels] < 128 <= row[30 + pixels - 1] < 255
    assert np.abs(row[29 - np.arange(pixels)] + row[30 + np.arange(pixels)] - 255).max() <= 3


@SOME
@given(
    angles=st.lists(st.floats(0, 6.28), min_size=3, max_size=9, unique=True),
    x=st.floats(-10, 70),
    turned=st.booleans(),
)
def test_a_polygon_selects_its_area(
    tab: Tab, angles: list[float], x: float, *, turned: bool
) -> None:
    # Corners on an ellipse, in the order of their angles: no line crosses another one.
    corners = [(x + 30 * math.cos(a), 30 + 25 * math.sin(a)) for a in sorted(angles)]
    shifted = [*corners[1:], corners[0]]
    sides = zip(corners, shifted, strict=True)
    perimeter = sum(math.dist(a, b) for a, b in sides)

    answer = _ask(
        tab,
        "const mask = new Mask(60, 60); mask.polygon(given.points); return shown(mask);",
        points=[{"x": x, "y": y} for x, y in (corners[::-1] if turned else corners)],
    )

    # Only the part in the picture counts: clipped at its left and right side.
    inside = _clipped(_clipped(corners, 0, 1), 60, -1)
    area = abs(_area(inside))
    assert abs(_got(answer).sum() / 255 - area) <= 0.05 * perimeter + 1


def _clipped(
    corners: list[tuple[float, float]], edge: float, sign: int
) -> list[tuple[float, float]]:
    """The part of a polygon right of an upright line, or left of it (Sutherland and Hodgman)."""
    kept: list[tuple[float, float]] = []
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        if sign * (x1 - edge) >= 0:
            kept.append((x1, y1))
        if (x1 - edge) * (x2 - edge) < 0:
            kept.append((edge, y1 + (edge - x1) / (x2 - x1) * (y2 - y1)))
    return kept


def _area(corners: list[tuple[float, float]]) -> float:
    return sum(
        (x1 * y2 - x2 * y1) / 2
        for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], *corners[:1]], strict=True)
    )


def test_a_line_that_crosses_itself_selects_both_loops(tab: Tab) -> None:
    answer = _ask(
        tab,
        "const mask = new Mask(40, 20); const corners = [[0, 0], [40, 20], [40, 0], [0, 20]];"
        "mask.polygon(corners.map(([x, y]) => ({ x, y }))); return shown(mask);",
    )

    got = _got(answer)
    assert (got[10, 2], got[10, 37], got[1, 20], got[18, 20]) == (255, 255, 0, 0)


def test_what_a_line_goes_around_twice_is_selected(tab: Tab) -> None:
    answer = _ask(
        tab,
        "const mask = new Mask(40, 40);"
        "const corners = [[2, 2], [38, 2], [38, 38], [2, 38], [2, 2],"
        " [12, 12], [28, 12], [28, 28], [12, 28], [12, 12]];"
        "mask.polygon(corners.map(([x, y]) => ({ x, y }))); return shown(mask);",
    )

    got = _got(answer)
    assert (got[20, 20], got[5, 20], got[1, 20]) == (255, 255, 0)


def test_a_stroke_is_a_row_of_dots_and_twice_is_as_once(tab: Tab) -> None:
    once, twice, dots, erased = _ask(
        tab,
        "const [line, dots] = [new Mask(90, 60), new Mask(90, 60)];"
        "const [from, to] = [{ x: 12, y: 15, radius: 4 }, { x: 75, y: 40, radius: 11 }];"
        "line.stroke(from, to, 0.4, 255); const once = shown(line);"
        "line.stroke(to, from, 0.4, 255); const twice = shown(line);"
        "for (let t = 0; t <= 1; t += 1 / 512) dots.stamp(from.x + t * (to.x - from.x),"
        " from.y + t * (to.y - from.y), from.radius + t * (to.radius - from.radius), 0.4, 255);"
        "line.stroke({ ...from, radius: 30 }, { ...to, radius: 30 }, 0, 0);"
        "return [once, twice, shown(dots), shown(line)];",
    )

    assert _got(once).tolist() == _got(twice).tolist()
    assert _got(once)[15, 12] == _got(once)[40, 75] == 255
    assert not _got(erased).any()
    # The nearest place of the line counts: a stroke that widens is a little thinner than dots.
    apart = _got(dots).astype(int) - _got(once)
    assert apart.min() >= -2
    assert np.mean(apart > 24) < 0.01


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("stamp"), st.integers(-5, 305), st.integers(-5, 305), st.integers(1, 80),
            st.just(0.3), st.sampled_from([0, 255]),
        ),
        st.tuples(
            st.just("rect"), st.integers(-5, 300), st.integers(-5, 300), st.integers(1, 300),
            st.integers(1, 300), st.sampled_from(MODES),
        ),
        st.tuples(st.sampled_from(["grow", "soften"]), st.integers(1, 7)),
        st.tuples(st.just("grow"), st.integers(-7, -1)),
        st.tuples(st.sampled_from(["invert", "clear"])),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@SOME
@given(operations=OPERATIONS)
def test_undo_goes_back_and_redo_forward_through_all_that_was_done(
    tab: Tab, operations: list[tuple[Any, ...]]
) -> None:
    faults = _ask(
        tab,
        "const mask = new Mask(300, 290); const same = (a, b) => a.every((v, at) => v === b[at]);"
        "const states = [mask.data.slice()]; const faults = [];"
        "for (const [name, ...values] of given.operations)"
        " if (mask[name](...values)) states.push(mask.data.slice());"
        "for (let at = states.length - 2; at >= 0; at--)"
        " { mask.undo(); if (!same(mask.data, states[at])) faults.push(`undo to ${at}`); }"
        "if (mask.canUndo || mask.undo()) faults.push('undo of nothing');"
        "if (!mask.isEmpty) faults.push('bounds');"
        "for (let at = 1; at < states.length; at++)"
        " { mask.redo(); if (!same(mask.data, states[at])) faults.push(`redo to ${at}`); }"
        "if (mask.canRedo) faults.push('redo of nothing');"
        "return faults;",
        operations=operations,
    )

    assert faults == []


def test_a_new_stroke_takes_the_place_of_what_was_to_redo(tab: Tab) -> None:
    could, can, changed, left = _ask(
        tab,
        "const mask = new Mask(40, 40); mask.stamp(10, 10, 5, 0, 255); mask.undo();"
        "const could = mask.canRedo; mask.stamp(30, 30, 5, 0, 255);"
        "return [could, mask.canRedo, mask.redo(), shown(mask)];",
    )

    assert (could, can, changed) == (True, False, None)
    assert (_got(left)[10, 10], _got(left)[30, 30]) == (0, 255)


def test_a_stroke_of_many_parts_is_undone_at_once_and_what_is_taken_back_is_not_redone(
    tab: Tab,
) -> None:
    told = _ask(
        tab,
        "const mask = new Mask(600, 500); mask.begin();"
        "for (let x = 20; x < 580; x += 10) mask.stamp(x, 250, 15, 0, 255); mask.end();"
        "mask.stamp(100, 100, 9, 0, 255); mask.takeBack();"
        "const told = [mask.data[100 * 600 + 100], mask.canRedo, mask.data[250 * 600 + 300]];"
        "const { y, height } = mask.undo();"
        "return [...told, mask.isEmpty, mask.canUndo, mask.canRedo, y, height];",
    )

    # What changed is told by tiles of 256: only those of the row that the stroke lies in.
    assert told == [0, False, 255, True, False, True, 0, 500]


@SOME
@given(
    picture=arrays(np.uint8, (HEIGHT, WIDTH, 4), elements=st.sampled_from([0, 40, 60, 255])),
    tolerance=st.sampled_from([0, 10, 60]),
    fade=st.sampled_from([0, 30]),
    contiguous=st.booleans(),
    place=st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1)),
)
def test_the_wand_selects_what_numpy_floods(  # noqa: PLR0913 - each is drawn
    tab: Tab,
    picture: Bytes,
    tolerance: int,
    fade: int,
    place: tuple[int, int],
    *,
    contiguous: bool,
) -> None:
    x, y = place
    cover = np.clip(1 - (_differences(picture, y, x) - tolerance) / (fade + 1), 0, 1)
    expected = np.floor(255 * cover + 0.5)
    if contiguous:
        expected = np.where(_flood(expected > 0, y, x), expected, 0)

    answer = _ask(
        tab,
        "const { rgba, width, height, x, y } = given; const bytes = Uint8ClampedArray.from(rgba);"
        "const colour = rgba.slice(4 * (y * width + x), 4 * (y * width + x) + 4);"
        "const far = areas.differences(bytes, colour);"
        "const start = given.contiguous ? { x, y } : null;"
        "const data = areas.alike(far, width, height, start, given.tolerance, given.fade);"
        "return { data: [...data], width, height };",
        rgba=picture.ravel().tolist(),
        width=WIDTH,
        height=HEIGHT,
        x=x,
        y=y,
        tolerance=tolerance,
        fade=fade,
        contiguous=contiguous,
    )

    assert _got(answer)[y, x] == 255
    assert _got(answer).tolist() == expected.tolist()


def _differences(picture: Bytes, y: int, x: int) -> NDArray[np.float64]:
    """How different from one pixel all look, in OKLab, where black is 255 from white."""
    part = picture[..., :3] / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    lab = np.cbrt(linear @ to_cones.T) @ to_lab.T
    alpha = picture[..., 3].astype(float)
    seen = np.linalg.norm(lab - lab[y, x], axis=-1) * np.minimum(alpha, alpha[y, x])
    difference: NDArray[np.float64] = np.floor(
        np.clip(np.maximum(seen, np.abs(alpha - alpha[y, x])), 0, 255) + 0.5
    )
    return difference


def _flood(is_open: NDArray[np.bool_], y: int, x: int) -> NDArray[np.bool_]:
    """What hangs together with a pixel: it spreads by one pixel until it stays."""
    reached = np.zeros_like(is_open)
    reached[y, x] = True
    while True:
        wider = reached.copy()
        wider[1:] |= reached[:-1]
        wider[:-1] |= reached[1:]
        wider[:, 1:] |= reached[:, :-1]
        wider[:, :-1] |= reached[:, 1:]
        wider &= is_open
        if (wider == reached).all():
            return reached
        reached = wider


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 600), (301, 257)])
def test_a_png_has_exactly_the_bytes_of_the_mask(tab: Tab, width: int, height: int) -> None:
    file, read = _ask(
        tab,
        "const data = Uint8Array.from({ length: given.width * given.height },"
        " (_, at) => (at * at * 7 + at) % 256);"
        "const blob = await png.toPng(new Mask(given.width, given.height, data));"
        "const options = { colorSpaceConversion: 'none' };"
        "const back = png.fromPicture(await createImageBitmap(blob, options));"
        "return [await base64(blob), shown(back)];",
        width=width,
        height=height,
    )

    at = np.arange(width * height)
    expected = ((at * at * 7 + at) % 256).reshape(height, width)
    with Image.open(io.BytesIO(b64decode(file))) as picture:
        assert (picture.mode, picture.format) == ("L", "PNG")
        assert np.asarray(picture).tolist() == expected.tolist()
    assert _got(read).tolist() == expected.tolist()


def test_a_mask_from_a_picture_is_what_is_bright_and_not_transparent(tab: Tab) -> None:
    answer = _ask(
        tab,
        "const canvas = new OffscreenCanvas(4, 1); const context = canvas.getContext('2d');"
        "const rgba = [255, 255, 255, 255, 0, 0, 0, 255, 255, 0, 0, 255, 255, 255, 255, 0];"
        "context.putImageData(new ImageData(Uint8ClampedArray.from(rgba), 4, 1), 0, 0);"
        "return shown(png.fromPicture(canvas.transferToImageBitmap(), 8, 2));",
    )

    assert _got(answer).shape == (2, 8)
    assert _got(answer)[0, [0, 7]].tolist() == [255, 0]
