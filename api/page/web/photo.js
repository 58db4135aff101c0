// SPDX-License-Identifier: Apache-2.0
// A picture, decoded once and turned upright by the browser; to draw, cut into tiles, with a small one of the whole.
// What is drawn is bounded by the screen, however large the picture is.

/** What may be chosen where a picture is asked for: systems do not know all of these as pictures. */
export const FILES = "image/*,.avif,.heic,.heif,.tif,.tiff";
/** Samples as they lie in the file. @type {ImageBitmapOptions} */
export const EXACT = { colorSpaceConversion: "none", premultiplyAlpha: "none" };

const SMALL = 2048; // the longer side of the small one, at most
const TILE = 1024;
const QUICK = 4e6; // pixels of tiles that may be drawn while the picture moves
const SQUARE = 8; // pixels of the pattern that shows where a picture is transparent
const SHARP = 3; // from this scale on pixels are squares

/** @typedef {import("./state.js").Rect} Rect */
/** @typedef {import("./client.js").Client} Client */

/**
 * A step's picture, decoded: from its bytes where they are here, else from the server.
 * @param {Client} client
 * @param {{ picture: { digest: string }, source?: Blob, keeping?: Promise<unknown> }} step
 * @param {ImageBitmapOptions} [options]
 */
export async function bitmapOf(client, { picture, source, keeping }, options) {
  const file = source ?? (await client.image(picture.digest));
  return decoded(client, file, () => Promise.resolve(keeping).then(() => picture.digest), options);
}

/**
 * The picture of a file. What the browser cannot read, HEIC and TIFF above all, comes from the server as PNG.
 * @param {Client} client @param {Blob} file
 * @param {() => Promise<string>} keep has the server keep it, and gives its digest
 * @param {ImageBitmapOptions} [options]
 */
export async function decoded(client, file, keep, options) {
  try {
    return await createImageBitmap(file, options);
  } catch {
    return createImageBitmap(await client.image(await keep(), "image/png"), options);
  }
}

/**
 * What is drawn of a decoded picture, which is closed then.
 * @param {ImageBitmap} whole
 * @returns {Promise<Drawable>}
 */
export async function drawableOf(whole) {
  const { width, height } = whole;
  const scale = Math.min(1, SMALL / Math.max(width, height));
  if (scale === 1) return new Drawable(width, height, whole, 1, []);
  const resized = { resizeWidth: Math.ceil(width * scale), resizeHeight: Math.ceil(height * scale) };
  const drawable = new Drawable(width, height, await createImageBitmap(whole, resized), scale, []);
  drawable.ready = drawable.cut(whole);
  return drawable;
}

export class Drawable {
  /** Ends once it is there in full detail. @type {Promise<void>} */
  ready = Promise.resolve();
  #isOpen = true;

  /**
   * @param {number} width
   * @param {number} height
   * @param {ImageBitmap} small the whole, at `scale`
   * @param {number} scale
   * @param {Tile[]} tiles none if the small one is the picture itself
   *
   * @typedef {{rect: Rect, bitmap: ImageBitmap}} Tile
   */
  constructor(width, height, small, scale, tiles) {
    this.width = width;
    this.height = height;
    this.small = small;
    this.scale = scale;
    this.tiles = tiles;
  }

  /**
   * Take the tiles of the whole, which is closed then.
   * @param {ImageBitmap} whole
   */
  async cut(whole) {
    for (let y = 0; y < this.height; y += TILE) {
      for (let x = 0; x < this.width; x += TILE) {
        // A pixel more lies under the next tile: no line shows between them at odd scales.
        const rect = { x, y, width: Math.min(TILE + 1, this.width - x), height: Math.min(TILE + 1, this.height - y) };
        await breath();
        const bitmap = await createImageBitmap(whole, x, y, rect.width, rect.height);
        if (!this.#isOpen) return (bitmap.close(), whole.close());
        this.tiles.push({ rect, bitmap });
      }
    }
    whole.close();
  }

  /**
   * Draw it where the context's pixels are those of the picture.
   * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
   * @param {Rect} rect what is seen of it
   * @param {number} scale pixels of the screen for one of the picture
   * @param {boolean} isMoving it will be drawn anew at once: quick comes before sharp
   */
  draw(context, rect, scale, isMoving = false) {
    if (!this.#isOpen) return;
    context.imageSmoothingEnabled = scale < SHARP;
    context.imageSmoothingQuality = isMoving ? "low" : "medium";
    const isQuick = isMoving && rect.width * rect.height > QUICK;
    const seen = scale > this.scale && !isQuick ? this.tiles.filter((tile) => meet(tile.rect, rect)) : [];
    if (!seen.length || this.tiles.length < this.#count) context.drawImage(this.small, 0, 0, this.width, this.height);
    for (const { rect, bitmap } of seen) context.drawImage(bitmap, rect.x, rect.y);
  }

  /**
   * The samples of a part, once it is there in full detail.
   * @param {Rect} rect
   * @returns {Promise<ImageData>}
   */
  async pixels({ x, y, width, height }) {
    await this.ready;
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("the browser gives no canvas");
    context.translate(-x, -y);
    const parts = this.tiles.length ? this.tiles : [{ rect: { x: 0, y: 0 }, bitmap: this.small }];
    for (const { rect, bitmap } of parts) context.drawImage(bitmap, rect.x, rect.y);
    return context.getImageData(0, 0, width, height);
  }

  /** Let its memory go; it is drawn no more. */
  close() {
    this.#isOpen = false;
    this.small.close();
    for (const { bitmap } of this.tiles.splice(0)) bitmap.close();
  }

  get #count() {
    return this.scale === 1 ? 0 : Math.ceil(this.width / TILE) * Math.ceil(this.height / TILE);
  }
}

/** Let the page draw and listen: what follows takes long. */
function breath() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** @param {Rect} one @param {Rect} other */
function meet(one, other) {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

/** Squares that show where a picture is transparent. @param {OffscreenCanvasRenderingContext2D} context */
export function pattern(context) {
  const canvas = new OffscreenCanvas(2 * SQUARE, 2 * SQUARE);
  const squares = canvas.getContext("2d");
  if (!squares) return "#fff";
  squares.fillStyle = "#fff";
  squares.fillRect(0, 0, canvas.width, canvas.height);
  squares.fillStyle = "#ccc";
  squares.fillRect(0, 0, SQUARE, SQUARE);
  squares.fillRect(SQUARE, SQUARE, SQUARE, SQUARE);
  return context.createPattern(canvas, "repeat") ?? "#fff";
}
