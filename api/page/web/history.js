// SPDX-License-Identifier: Apache-2.0
// Undo and redo of a mask: of each stroke the tiles that it touched, as they were before.

/** @typedef {import("./mask.js").Rect} Rect */
/** @typedef {Map<number, number | Uint8Array>} Tiles bytes by number of the tile; one number fills a tile */

const TILE = 256;
const MOST_BYTES = 256 * 1024 * 1024;

/** The smallest rectangle around both. @type {(a: Rect | null, b: Rect | null) => Rect | null} */
export function union(a, b) {
  if (!a || !b) return a ?? b;
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const right = Math.max(a.x + a.width, b.x + b.width);
  return { x, y, width: right - x, height: Math.max(a.y + a.height, b.y + b.height) - y };
}

export class History {
  /** What the stroke that is being drawn has touched. @type {Tiles | null} */
  #open = null;
  /** To go back to, the newest last. @type {Tiles[]} */
  undone = [];
  /** To go forward to. @type {Tiles[]} */
  redone = [];

  /** @param {{width: number, height: number, data: Uint8Array}} mask */
  constructor(mask) {
    this.mask = mask;
  }

  get isOpen() {
    return this.#open !== null;
  }

  get isDrawn() {
    return Boolean(this.#open?.size);
  }

  begin() {
    this.end();
    this.#open = new Map();
  }

  /** Close the stroke; the oldest ones go where all together are too large. */
  end() {
    if (this.#open?.size) {
      this.undone.push(this.#open);
      this.redone = [];
      let bytes = 0;
      const oldest = this.undone.findLastIndex((tiles) => {
        for (const tile of tiles.values()) bytes += typeof tile === "number" ? 0 : tile.length;
        return bytes > MOST_BYTES;
      });
      this.undone.splice(0, Math.min(oldest + 1, this.undone.length - 1));
    }
    this.#open = null;
  }

  /** Keep the tiles below a rectangle as they are, those that the open stroke has not touched yet. @param {Rect} rect */
  save(rect) {
    const columns = Math.ceil(this.mask.width / TILE);
    for (let row = Math.floor(rect.y / TILE); row * TILE < rect.y + rect.height; row++) {
      for (let column = Math.floor(rect.x / TILE); column * TILE < rect.x + rect.width; column++) {
        const tile = row * columns + column;
        if (!this.#open?.has(tile)) this.#open?.set(tile, this.#read(this.#place(tile)));
      }
    }
  }

  undo() {
    this.end();
    return this.#swap(this.undone, this.redone);
  }

  redo() {
    this.end();
    return this.#swap(this.redone, this.undone);
  }

  takeBack() {
    this.end();
    return this.#swap(this.undone, []);
  }

  /** Put the newest of some strokes back, and what was there to the others. @param {Tiles[]} from @param {Tiles[]} to */
  #swap(from, to) {
    const tiles = from.pop();
    if (!tiles) return null;
    /** @type {Tiles} */
    const before = new Map();
    /** @type {Rect | null} */
    let changed = null;
    for (const [tile, bytes] of tiles) {
      const rect = this.#place(tile);
      before.set(tile, this.#read(rect));
      for (let y = 0; y < rect.height; y++) {
        const start = (rect.y + y) * this.mask.width + rect.x;
        if (typeof bytes === "number") this.mask.data.fill(bytes, start, start + rect.width);
        else this.mask.data.set(bytes.subarray(y * rect.width, (y + 1) * rect.width), start);
      }
      changed = union(changed, rect);
    }
    to.push(before);
    return changed;
  }

  /** Where a tile lies. @param {number} tile @returns {Rect} */
  #place(tile) {
    const { width, height } = this.mask;
    const columns = Math.ceil(width / TILE);
    const [x, y] = [(tile % columns) * TILE, Math.floor(tile / columns) * TILE];
    return { x, y, width: Math.min(TILE, width - x), height: Math.min(TILE, height - y) };
  }

  /** The bytes of a rectangle; one number where all are equal. @param {Rect} rect */
  #read(rect) {
    const bytes = new Uint8Array(rect.width * rect.height);
    for (let y = 0; y < rect.height; y++) {
      const start = (rect.y + y) * this.mask.width + rect.x;
      bytes.set(this.mask.data.subarray(start, start + rect.width), y * rect.width);
    }
    let same = 1;
    while (same < bytes.length && bytes[same] === bytes[0]) same++;
    return same === bytes.length ? bytes[0] : bytes;
  }
}
