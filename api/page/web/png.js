// SPDX-License-Identifier: Apache-2.0
// Masks as files: PNG of 8-bit grey, whose bytes are exactly those of the mask, and masks from pictures.
import { Mask } from "./mask.js";

const ROWS = 256; // at once

const CRC = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** A chunk of a PNG file. @param {string} name @param {Uint8Array} data */
function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(data, 8);
  let crc = 0xffffffff;
  for (let at = 4; at < data.length + 8; at++) crc = CRC[(crc ^ bytes[at]) & 255] ^ (crc >>> 8);
  view.setUint32(data.length + 8, ~crc >>> 0);
  return bytes;
}

/** @param {Mask} mask @returns {Promise<Blob>} a PNG file */
export async function toPng(mask) {
  const { width, height } = mask;
  const data = mask.data.slice(); // what is drawn meanwhile does not go in
  let y = 0;
  const rows = new ReadableStream({
    async pull(controller) {
      if (y >= height) return controller.close();
      if (y) await new Promise((resolve) => setTimeout(resolve)); // the page draws between
      const count = Math.min(ROWS, height - y);
      const bytes = new Uint8Array(count * (width + 1)); // each row begins with 0: not filtered
      for (let row = 0; row < count; row++) {
        bytes.set(data.subarray((y + row) * width, (y + row + 1) * width), row * (width + 1) + 1);
      }
      controller.enqueue(bytes);
      y += count;
    },
  });
  const packed = await new Response(rows.pipeThrough(new CompressionStream("deflate"))).arrayBuffer();
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits; the kind of colour stays 0, which is grey
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const parts = [
    signature,
    chunk("IHDR", header),
    chunk("IDAT", new Uint8Array(packed)),
    chunk("IEND", new Uint8Array(0)),
  ];
  return new Blob(parts, { type: "image/png" });
}

/**
 * A mask of what is bright and not transparent, as the server reads masks; scaled to a size where one is given.
 * @param {ImageBitmap} picture @param {number} [width] @param {number} [height] @returns {Mask}
 */
export function fromPicture(picture, width = picture.width, height = picture.height) {
  const mask = new Mask(width, height, new Uint8Array(width * height));
  const rows = Math.min(height, Math.max(1, Math.floor((1 << 22) / width)));
  const canvas = new OffscreenCanvas(width, rows);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  for (let top = 0; top < height; top += rows) {
    context.clearRect(0, 0, width, rows);
    context.drawImage(picture, 0, -top, width, height);
    const { data } = context.getImageData(0, 0, width, Math.min(rows, height - top));
    for (let at = 0, to = top * width; at < data.length; at += 4, to++) {
      const bright = 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
      mask.data[to] = Math.round((bright * data[at + 3]) / 255);
    }
  }
  return mask;
}
