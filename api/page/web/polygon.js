// SPDX-License-Identifier: Apache-2.0
// Polygons as selections.

/** The smallest rectangle of whole pixels around points. @param {{x: number, y: number}[]} points */
export function around(points) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    [left, right] = [Math.min(left, Math.floor(x)), Math.max(right, Math.ceil(x))];
    [top, bottom] = [Math.min(top, Math.floor(y)), Math.max(bottom, Math.ceil(y))];
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/**
 * How much of each pixel of a rectangle lies in a polygon (nonzero winding): four lines a pixel, exact along each.
 * @param {{x: number, y: number}[]} points @param {import("./mask.js").Rect} rect @returns {import("./mask.js").Patch}
 */
export function filled(points, rect) {
  const LINES = 4;
  const { x: left, y: top, width, height } = rect;
  const data = new Uint8Array(width * height);
  const edges = points
    .map((a, index) => ({ a, b: points[(index + 1) % points.length] }))
    .map(({ a, b }) => (a.y < b.y ? { a, b, turn: 1 } : { a: b, b: a, turn: -1 }))
    .filter(({ a, b }) => a.y < b.y)
    .sort((one, other) => one.a.y - other.a.y);
  /** @type {typeof edges} */
  let active = [];
  let next = 0;
  // What begins at x adds 1 to all pixels right of it and a part to its own: sums of differences.
  const steps = new Float64Array(width + 2);
  /** @type {(x: number, sign: number) => void} */
  const step = (x, sign) => {
    const inside = Math.min(width, Math.max(0, x - left));
    const pixel = Math.floor(inside);
    steps[pixel] += (sign * (1 - (inside - pixel))) / LINES;
    steps[pixel + 1] += (sign * (inside - pixel)) / LINES;
  };
  for (let row = 0; row < height; row++) {
    while (next < edges.length && edges[next].a.y < top + row + 1) active.push(edges[next++]);
    active = active.filter(({ b }) => b.y > top + row);
    if (!active.length) continue;
    steps.fill(0);
    for (let line = 0; line < LINES; line++) {
      const y = top + row + (line + 0.5) / LINES;
      const crossings = active
        .filter(({ a, b }) => a.y <= y && y < b.y)
        .map(({ a, b, turn }) => ({ x: a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x), turn }))
        .sort((one, other) => one.x - other.x);
      let winding = 0;
      for (const { x, turn } of crossings) {
        if (winding === 0) step(x, 1);
        winding += turn;
        if (winding === 0) step(x, -1);
      }
    }
    let sum = 0;
    for (let column = 0, cover = 0; column < width; column++) {
      if (steps[column] !== 0) {
        sum += steps[column];
        cover = Math.round(255 * Math.min(1, sum));
      }
      data[row * width + column] = cover;
    }
  }
  return { ...rect, data };
}
