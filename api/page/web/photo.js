// SPDX-License-Identifier: Apache-2.0
// A picture to draw, decoded by the browser and turned upright.

/**
 * @typedef {{width: number, height: number, bitmap: ImageBitmap, close(): void}} Drawable
 */

/**
 * @param {string | Blob} source
 * @returns {Promise<Drawable>}
 */
export async function openPicture(source) {
  const blob = typeof source === "string" ? await (await fetch(source)).blob() : source;
  const bitmap = await createImageBitmap(blob);
  return { width: bitmap.width, height: bitmap.height, bitmap, close: () => bitmap.close() };
}
