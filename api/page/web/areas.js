// SPDX-License-Identifier: Apache-2.0
// What looks at a whole area of bytes: growing, softening, likeness of colours, flooding. Pure functions, for a worker, too.

const SELECTED = 128;

/**
 * Grow what is selected by a disk, or shrink it where pixels are below 0: by exact distances (Felzenszwalb and
 * Huttenlocher, "Distance transforms of sampled functions", 2012), with one pixel of a smooth edge.
 * @param {Uint8Array} data @param {number} width @param {number} height @param {number} pixels @returns {Uint8Array}
 */
export function grown(data, width, height, pixels) {
  if (pixels === 0) return data;
  if (pixels < 0) return inverted(grown(inverted(data), width, height, -pixels));
  const far = Math.ceil(pixels) + 1;
  const result = data.slice();
  const columns = columnDistances(data, width, height, far);
  const [places, starts, heights] = [new Int32Array(width), new Float64Array(width + 1), new Int32Array(width)];
  for (let y = 0; y < height; y++) {
    const row = y * width;
    // The parabolas (x - place)^2 + height that are the lowest somewhere, from left to right.
    let last = -1;
    for (let x = 0; x < width; x++) {
      const distance = columns[row + x];
      if (distance > far) continue;
      const high = distance * distance;
      let start = -Infinity;
      while (last >= 0) {
        const [place, old] = [places[last], heights[last]];
        start = (high + x * x - old - place * place) / (2 * (x - place));
        if (start > starts[last]) break;
        last--;
        start = -Infinity;
      }
      last++;
      places[last] = x;
      heights[last] = high;
      starts[last] = start;
    }
    if (last < 0) continue;
    for (let x = 0, at = 0; x < width; x++) {
      while (at < last && starts[at + 1] < x) at++;
      const [across, high] = [x - places[at], heights[at]];
      const cover = pixels + 1 - Math.sqrt(across * across + high);
      if (cover > 0) result[row + x] = Math.max(result[row + x], Math.round(255 * Math.min(1, cover)));
    }
  }
  return result;
}

/** @param {Uint8Array} data */
function inverted(data) {
  return data.map((value) => 255 - value);
}

/** How far the next selected pixel of its column is, from each pixel; `far` + 1 is farther. @param {Uint8Array} data @param {number} width @param {number} height @param {number} far */
function columnDistances(data, width, height, far) {
  const distances = new Uint16Array(width * height);
  for (let at = 0; at < data.length; at++) {
    const above = at < width ? far : distances[at - width];
    distances[at] = data[at] >= SELECTED ? 0 : Math.min(far, above) + 1;
  }
  for (let at = data.length - width - 1; at >= 0; at--) {
    distances[at] = Math.min(distances[at], distances[at + width] + 1);
  }
  return distances;
}

/**
 * Blur over some pixels to all sides: three means in a row, nearly a Gaussian. Beyond its sides it is as at them.
 * @param {Uint8Array} data @param {number} width @param {number} height @param {number} pixels @returns {Uint8Array}
 */
export function softened(data, width, height, pixels) {
  for (const radius of [0, 1, 2].map((index) => Math.floor((pixels + index) / 3)).filter((radius) => radius > 0)) {
    data = meansOfRows(meansOfColumns(data, width, height, radius), width, radius);
  }
  return data;
}

/** @type {(data: Uint8Array, width: number, radius: number) => Uint8Array} */
function meansOfRows(data, width, radius) {
  const result = new Uint8Array(data.length);
  const count = 2 * radius + 1;
  for (let row = 0; row < data.length; row += width) {
    let sum = radius * data[row];
    for (let x = 0; x < radius; x++) sum += data[row + Math.min(x, width - 1)];
    for (let x = 0; x < width; x++) {
      sum += data[row + Math.min(x + radius, width - 1)];
      result[row + x] = (sum + radius) / count;
      sum -= data[row + Math.max(x - radius, 0)];
    }
  }
  return result;
}

/** @type {(data: Uint8Array, width: number, height: number, radius: number) => Uint8Array} */
function meansOfColumns(data, width, height, radius) {
  const result = new Uint8Array(data.length);
  const sums = new Uint32Array(width);
  const count = 2 * radius + 1;
  /** @type {(y: number) => number} */
  const row = (y) => Math.min(Math.max(y, 0), height - 1) * width;
  for (let y = -radius; y < radius; y++) {
    for (let x = 0, from = row(y); x < width; x++) sums[x] += data[from + x];
  }
  for (let y = 0; y < height; y++) {
    const [come, gone] = [row(y + radius), row(y - radius)];
    for (let x = 0; x < width; x++) {
      sums[x] += data[come + x];
      result[y * width + x] = (sums[x] + radius) / count;
      sums[x] -= data[gone + x];
    }
  }
  return result;
}

const LINEAR = Float64Array.from({ length: 256 }, (_, value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
});

/** A colour as OKLab: equal steps look equally far (Ottosson, "A perceptual color space for image processing", 2020). @param {number} red @param {number} green @param {number} blue 0 to 255 @returns {[number, number, number]} */
function perceived(red, green, blue) {
  const [r, g, b] = [LINEAR[red], LINEAR[green], LINEAR[blue]];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/**
 * How different each pixel looks from a colour: 0 to 255, where black is 255 from white. What is transparent to another
 * degree is different, too.
 * @param {Uint8ClampedArray} rgba @param {ArrayLike<number>} colour red, green, blue, alpha @returns {Uint8Array}
 */
export function differences(rgba, colour) {
  const result = new Uint8Array(rgba.length / 4);
  const [l, a, b] = perceived(colour[0], colour[1], colour[2]);
  for (let at = 0, from = 0, previous = -1, value = 0; at < result.length; at++, from += 4) {
    const packed = ((rgba[from] << 24) | (rgba[from + 1] << 16) | (rgba[from + 2] << 8) | rgba[from + 3]) >>> 0;
    if (packed !== previous) {
      const [l1, a1, b1] = perceived(rgba[from], rgba[from + 1], rgba[from + 2]);
      const seen = Math.sqrt((l1 - l) ** 2 + (a1 - a) ** 2 + (b1 - b) ** 2) * Math.min(rgba[from + 3], colour[3]);
      value = Math.min(255, Math.round(Math.max(seen, Math.abs(rgba[from + 3] - colour[3]))));
      previous = packed;
    }
    result[at] = value;
  }
  return result;
}

/**
 * What differs by at most `tolerance`; beyond it the selection fades over `fade`.
 * @param {Uint8Array} differences of a picture from a colour @param {number} width @param {number} height
 * @param {{x: number, y: number} | null} start with one, only what hangs together with it
 * @param {number} tolerance @param {number} fade both in steps of the differences @returns {Uint8Array} a selection
 */
export function alike(differences, width, height, start, tolerance, fade) {
  const covers = Uint8Array.from({ length: 256 }, (_, value) =>
    Math.round(255 * Math.min(1, Math.max(0, 1 - (value - tolerance) / (fade + 1)))),
  );
  if (!start) return differences.map((value) => covers[value]);
  const result = new Uint8Array(width * height);
  /** @type {(at: number) => boolean} */
  const isOpen = (at) => result[at] === 0 && covers[differences[at]] > 0;
  const waiting = [start.y * width + start.x];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (!isOpen(at)) continue;
    const row = at - (at % width);
    let [first, last] = [at, at];
    while (first > row && isOpen(first - 1)) first--;
    while (last < row + width - 1 && isOpen(last + 1)) last++;
    for (let x = first; x <= last; x++) result[x] = covers[differences[x]];
    for (const next of [row > 0 ? -width : 0, row + width < result.length ? width : 0]) {
      if (next === 0) continue;
      for (let x = first; x <= last; x++) {
        if (isOpen(x + next) && (x === first || !isOpen(x + next - 1))) waiting.push(x + next);
      }
    }
  }
  return result;
}
