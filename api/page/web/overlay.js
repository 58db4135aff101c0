// SPDX-License-Identifier: Apache-2.0
// The mask as a colour over the picture. It has the pixels of the screen and not those of the picture, so its cost is
// that of the screen, and a stroke costs what it covers there.

const COLOUR = [255, 45, 100];
const MOST_ALPHA = 0.55;

/** Colours by values of the mask, as bytes lie in memory. */
const COLOURS = Uint32Array.from({ length: 256 }, (_, value) => {
  const [red, green, blue] = COLOUR;
  return ((Math.round(value * MOST_ALPHA) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
});

/** @typedef {import("./state.js").Rect} Rect */
/** @typedef {{x: number, y: number, scale: number}} Placed where the picture's first pixel is on the screen */

export class Overlay {
  #canvas = new OffscreenCanvas(1, 1);
  #image = new ImageData(1, 1);

  /**
   * Take the whole of what is seen anew.
   * @param {import("./mask.js").Mask} mask
   * @param {Placed} placed
   * @param {number} width of the screen
   * @param {number} height
   */
  fill(mask, placed, width, height) {
    if (this.#image.width !== width || this.#image.height !== height) {
      this.#canvas = new OffscreenCanvas(width, height);
      this.#image = new ImageData(width, height);
    }
    this.#take(mask, placed, 0, 0, width, height);
  }

  /**
   * Take what changed of the mask.
   * @param {import("./mask.js").Mask} mask
   * @param {Placed} placed
   * @param {Rect} rect in pixels of the picture
   */
  update(mask, { x, y, scale }, rect) {
    const { width, height } = this.#image;
    const left = Math.max(0, Math.floor(x + rect.x * scale) - 1);
    const top = Math.max(0, Math.floor(y + rect.y * scale) - 1);
    const right = Math.min(width, Math.ceil(x + (rect.x + rect.width) * scale) + 1);
    const bottom = Math.min(height, Math.ceil(y + (rect.y + rect.height) * scale) + 1);
    if (left < right && top < bottom) this.#take(mask, { x, y, scale }, left, top, right, bottom);
  }

  /** @param {CanvasRenderingContext2D} context in pixels of the screen */
  draw(context) {
    context.drawImage(this.#canvas, 0, 0);
  }

  /**
   * @param {import("./mask.js").Mask} mask @param {Placed} placed
   * @param {number} left @param {number} top @param {number} right @param {number} bottom
   */
  #take(mask, { x, y, scale }, left, top, right, bottom) {
    const out = new Uint32Array(this.#image.data.buffer);
    const across = this.#image.width;
    const columns = Int32Array.from({ length: right - left }, (_, at) => {
      const column = Math.floor((left + at + 0.5 - x) / scale);
      return column >= 0 && column < mask.width ? column : -1;
    });
    for (let row = top; row < bottom; row += 1) {
      const line = Math.floor((row + 0.5 - y) / scale);
      const start = row * across + left;
      if (line < 0 || line >= mask.height) {
        out.fill(0, start, start + columns.length);
        continue;
      }
      const begin = line * mask.width;
      for (let at = 0; at < columns.length; at += 1) {
        out[start + at] = columns[at] < 0 ? 0 : COLOURS[mask.data[begin + columns[at]]];
      }
    }
    const context = this.#canvas.getContext("2d");
    context?.putImageData(this.#image, 0, 0, left, top, right - left, bottom - top);
  }
}
