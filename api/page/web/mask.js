// SPDX-License-Identifier: Apache-2.0
// A selection: one byte a pixel, 0 is kept and 255 selected, with what draws into it and its undo. No DOM.
// Operations touch what changes and return that rectangle, so that pictures of 48 megapixels stay quick.
import { grown, softened } from "./areas.js";
import { History, union } from "./history.js";
import { around, filled } from "./polygon.js";

/** @typedef {{x: number, y: number, width: number, height: number}} Rect whole pixels */
/** @typedef {Rect & {data: Uint8Array}} Patch the bytes of a rectangle, row by row */
/** @typedef {"replace" | "add" | "subtract" | "intersect"} Mode how a new shape meets what is selected */
/** @typedef {{x: number, y: number, radius: number}} Dab where a brush is, in pixels */

/** Let a row of a shape meet one of the selection. (One loop a mode: it runs over all pixels.) @param {Uint8Array} row @param {Uint8Array} shape @param {Mode} mode */
function meet(row, shape, mode) {
  if (mode === "replace") row.set(shape);
  else if (mode === "subtract") for (let x = 0; x < row.length; x++) row[x] = Math.min(row[x], 255 - shape[x]);
  else if (mode === "intersect") for (let x = 0; x < row.length; x++) row[x] = Math.min(row[x], shape[x]);
  else for (let x = 0; x < row.length; x++) row[x] = Math.max(row[x], shape[x]);
}

export class Mask {
  #history = new History(this);
  /** Another number after each change. */
  revision = 0;
  /** @type {Rect | null} nothing is selected outside it */
  #extent = null;

  /** @param {number} width @param {number} height @param {Uint8Array} [data] its bytes, which it takes over */
  constructor(width, height, data) {
    this.width = width;
    this.height = height;
    this.data = data ?? new Uint8Array(width * height);
    if (data) this.#extent = this.whole;
  }

  get whole() {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  /** The part of a rectangle that lies in the picture; null where none does. @param {Rect | null} rect @returns {Rect | null} */
  within(rect) {
    if (!rect) return null;
    const [x, y] = [Math.max(0, rect.x), Math.max(0, rect.y)];
    const width = Math.min(this.width, rect.x + rect.width) - x;
    const height = Math.min(this.height, rect.y + rect.height) - y;
    return width > 0 && height > 0 ? { x, y, width, height } : null;
  }

  get isEmpty() {
    return this.bounds() === null;
  }

  /** The smallest rectangle around all that is selected, however weakly. @returns {Rect | null} */
  bounds() {
    const around = this.#extent;
    if (!around) return null;
    let [left, right, top, bottom] = [Infinity, -1, -1, -1];
    for (let y = around.y; y < around.y + around.height; y++) {
      const start = y * this.width;
      let [first, last] = [around.x, around.x + around.width - 1];
      while (first <= last && this.data[start + first] === 0) first++;
      if (first > last) continue;
      while (last > right && this.data[start + last] === 0) last--;
      if (top < 0) top = y;
      bottom = y;
      left = Math.min(left, first);
      right = Math.max(right, last);
    }
    this.#extent = top < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
    return this.#extent;
  }

  // Drawing

  /**
   * A stroke of a brush between two places, whose radius (pressure) goes evenly from one to the other. Value 0 erases,
   * others select up to it; going over a place twice is as once.
   * @param {Dab} from @param {Dab} to @param {number} softness 0 to 1, the part of the radius that fades @param {number} value @returns {Rect | null} what changed
   */
  stroke(from, to, softness, value) {
    const reach = Math.max(from.radius, to.radius) + 1;
    const [x, y] = [Math.floor(Math.min(from.x, to.x) - reach), Math.floor(Math.min(from.y, to.y) - reach)];
    const [right, bottom] = [Math.ceil(Math.max(from.x, to.x) + reach), Math.ceil(Math.max(from.y, to.y) + reach)];
    const rect = this.within({ x, y, width: right - x, height: bottom - y });
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length2 = dx * dx + dy * dy;
    return this.#change(rect, (changed) => {
      for (let row = changed.y; row < changed.y + changed.height; row++) {
        // Of this row only what is near the part of the stroke that passes by.
        const above = dy ? Math.min(1, Math.max(0, (row - reach - from.y) / dy)) : 0;
        const below = dy ? Math.min(1, Math.max(0, (row + 1 + reach - from.y) / dy)) : 1;
        const [a, b] = [from.x + above * dx, from.x + below * dx];
        const first = Math.max(0, Math.floor(Math.min(a, b) - reach));
        const last = Math.min(this.width, Math.ceil(Math.max(a, b) + reach));
        for (let column = first; column < last; column++) {
          const at = row * this.width + column;
          if (value ? this.data[at] >= value : this.data[at] === 0) continue; // most of what a wide brush goes over
          const [px, py] = [column + 0.5 - from.x, row + 0.5 - from.y];
          const t = length2 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
          const [ex, ey] = [px - t * dx, py - t * dy];
          const radius = from.radius + t * (to.radius - from.radius);
          const depth = radius + 0.5 - Math.sqrt(ex * ex + ey * ey);
          if (depth <= 0) continue;
          const inside = Math.min(1, depth / Math.max(1, radius * softness));
          const cover = inside * inside * (3 - 2 * inside);
          this.data[at] = value ? Math.max(this.data[at], value * cover) : Math.min(this.data[at], 255.5 - 255 * cover);
        }
      }
    });
  }

  /** What a line that closes itself encloses; each pixel by the part of it that lies inside. @param {{x: number, y: number}[]} points @param {Mode} mode */
  polygon(points, mode = "add") {
    const rect = points.length > 2 ? this.within(around(points)) : null;
    return this.combine(rect && filled(points, rect), mode);
  }

  // The whole selection

  /** Meet it with a part of the picture's size or smaller; another mask is one. @param {Patch | Mask | null} shape @param {Mode} mode @returns {Rect | null} */
  combine(shape, mode) {
    const patch = shape instanceof Mask ? { ...shape.whole, data: shape.data } : shape;
    const clears = mode === "replace" || mode === "intersect";
    return this.#change(clears ? union(this.bounds(), patch) : patch, (rect) => {
      const given = patch ?? { x: 0, y: 0, width: 0, height: 0, data: new Uint8Array(0) };
      for (let y = rect.y; y < rect.y + rect.height; y++) {
        const row = this.data.subarray(y * this.width + rect.x, y * this.width + rect.x + rect.width);
        if (y < given.y || y >= given.y + given.height) {
          row.fill(0); // only where the mode clears what the shape leaves out
          continue;
        }
        const start = (y - given.y) * given.width;
        const [first, last] = [given.x - rect.x, given.x - rect.x + given.width];
        row.fill(0, 0, first);
        row.fill(0, last);
        meet(row.subarray(first, last), given.data.subarray(start, start + given.width), mode);
      }
    });
  }

  invert() {
    return this.#change(this.whole, () => {
      for (let at = 0; at < this.data.length; at++) this.data[at] = 255 - this.data[at];
    });
  }

  clear() {
    return this.combine(null, "replace");
  }

  /** A copy of what is selected. @returns {Patch | null} */
  cut() {
    const rect = this.bounds();
    if (!rect) return null;
    const data = new Uint8Array(rect.width * rect.height);
    for (let y = 0; y < rect.height; y++) {
      const start = (rect.y + y) * this.width + rect.x;
      data.set(this.data.subarray(start, start + rect.width), y * rect.width);
    }
    return { ...rect, data };
  }

  /** Take away what was selected at an earlier time and is so still; all stays where some of that was taken away since. @param {Patch} earlier */
  forget({ data, ...rect }) {
    const gone = new Uint8Array(data.length);
    for (let y = 0, at = 0; y < rect.height; y++) {
      for (let from = (rect.y + y) * this.width + rect.x, x = 0; x < rect.width; x++, at++) {
        if (this.data[from + x] < data[at]) return null;
        gone[at] = this.data[from + x] === data[at] ? 255 : 0;
      }
    }
    return this.combine({ ...rect, data: gone }, "subtract");
  }

  /** It in a larger picture, of which its own is a part; itself where that is the same. @param {{left: number, top: number}} place @param {{width: number, height: number}} size */
  placed({ left, top }, { width, height }) {
    if (width === this.width && height === this.height) return this;
    const [patch, mask] = [this.cut(), new Mask(width, height)];
    mask.combine(patch && { ...patch, x: patch.x + left, y: patch.y + top }, "add");
    return mask;
  }

  // Undo

  /** What follows until end() is undone at once. */
  begin() {
    this.#history.begin();
  }

  end() {
    this.#history.end();
  }

  /** Whether a stroke is open that has changed something. */
  get isDrawn() {
    return this.#history.isDrawn;
  }

  get canUndo() {
    return this.#history.undone.length > 0 || this.#history.isDrawn;
  }

  get canRedo() {
    return this.#history.redone.length > 0;
  }

  /** @returns {Rect | null} what changed */
  undo() {
    return this.#back(this.#history.undo());
  }

  /** @returns {Rect | null} what changed */
  redo() {
    return this.#back(this.#history.redo());
  }

  /** Undo the newest stroke, drawn or being drawn, as if it had never been. @returns {Rect | null} what changed */
  takeBack() {
    return this.#back(this.#history.takeBack());
  }

  /** @param {Rect | null} changed */
  #back(changed) {
    this.revision++;
    this.#extent = union(this.#extent, changed);
    return changed;
  }

  /** @param {Rect | null} wanted @param {(rect: Rect) => void} draw */
  #change(wanted, draw) {
    const rect = this.within(wanted);
    if (!rect) return null;
    const isAlone = !this.#history.isOpen;
    if (isAlone) this.begin();
    this.#history.save(rect);
    draw(rect);
    this.revision++;
    this.#extent = union(this.#extent, rect);
    if (isAlone) this.end();
    return rect;
  }
}

/**
 * A part of a selection with its edge moved and faded; what lies around it is not selected.
 * @param {Patch} patch @param {{width: number, height: number}} size of the picture
 * @param {number} grow @param {number} soften in pixels @returns {Patch}
 */
export function edged(patch, size, grow, soften) {
  const margin = Math.max(grow, 0) + soften + 1;
  const [x, y] = [Math.max(0, patch.x - margin), Math.max(0, patch.y - margin)];
  const width = Math.min(size.width, patch.x + patch.width + margin) - x;
  const height = Math.min(size.height, patch.y + patch.height + margin) - y;
  const data = new Uint8Array(width * height);
  for (let row = 0; row < patch.height; row++) {
    const bytes = patch.data.subarray(row * patch.width, (row + 1) * patch.width);
    data.set(bytes, (patch.y - y + row) * width + patch.x - x);
  }
  return {
    ...{ x, y, width, height },
    data: softened(grown(data, width, height, grow), width, height, soften),
  };
}
