// SPDX-License-Identifier: Apache-2.0
// How well a step fits: how many pixels outside its mask changed, counted here, and what the job measured.

import { bitmapOf, EXACT } from "./photo.js";

/** @typedef {import("./state.js").Step} Step */
/** `changed`: null where that was not counted. @typedef {{ changed: number | null, outside: number, seam: number | null, most: number | null }} Numbers */

const MOST_PIXELS = 16e6; // three such pictures take 200 MB; of larger ones the job's own measures are told
const ROWS = 256;

/**
 * @param {import("./client.js").Client} client @param {Step} before @param {Step} after
 * @returns {Promise<Numbers | null>} null: nothing is known
 */
export async function numbersOf(client, before, after) {
  const { made, picture } = after;
  const place = made && placeOf(before, after);
  const seam = made?.repaint?.seam_ratio ?? null;
  const most = made?.repaint?.max_abs_diff_outside ?? null;
  if (!made?.mask || !made.repaint || !place || picture.width * picture.height > MOST_PIXELS) {
    return most === null ? null : { changed: null, outside: 0, seam, most };
  }
  const seen = [before, { picture }, { picture: { digest: made.mask } }];
  const bitmaps = await Promise.all(seen.map((each) => bitmapOf(client, each, EXACT)));
  try {
    return { ...count(bitmaps, place), seam, most };
  } finally {
    for (const each of bitmaps) each.close();
  }
}

/** Where the earlier picture lies in the later one; null where that is not known. @param {Step} before @param {Step} after */
export function placeOf({ picture: old }, { picture, made }) {
  const { left = 0, top = 0, right = 0, bottom = 0 } = /** @type {Record<string, number>} */ (made?.inputs ?? {});
  if (picture.width === old.width && picture.height === old.height) return { left: 0, top: 0 };
  const fits = left + old.width + right === picture.width && top + old.height + bottom === picture.height;
  return made?.recipe === "outpaint" && fits ? { left, top } : null;
}

/** @param {ImageBitmap[]} bitmaps before, after, mask @param {{ left: number, top: number }} place */
function count([before, after, mask], { left, top }) {
  const { width, height } = before;
  const canvas = new OffscreenCanvas(width, Math.min(ROWS, height));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  const pixels = (
    /** @type {ImageBitmap} */ of,
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {number} */ rows,
  ) => {
    context.clearRect(0, 0, width, rows);
    context.drawImage(of, -x, -y);
    return new Uint32Array(context.getImageData(0, 0, width, rows).data.buffer);
  };
  let [changed, outside] = [0, 0];
  for (let y = 0; y < height; y += ROWS) {
    const rows = Math.min(ROWS, height - y);
    const [old, now, selected] = [
      pixels(before, 0, y, rows),
      pixels(after, left, top + y, rows),
      pixels(mask, left, top + y, rows),
    ];
    for (let at = 0; at < old.length; at++) {
      if (selected[at] & 0xff) continue;
      outside++;
      if (old[at] !== now[at]) changed++;
    }
  }
  return { changed, outside };
}
