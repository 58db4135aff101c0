// SPDX-License-Identifier: Apache-2.0
// What takes long over a whole picture, beside the page.

import { alike, differences } from "../areas.js";
import { edged, Mask } from "../mask.js";
import { fromPicture } from "../png.js";

/** How the picture that the wand looks at differs from its colour. */
let seen = { width: 0, height: 0, differences: new Uint8Array(0) };

/** @type {Record<string, (...given: any[]) => unknown>} */
const TASKS = {
  edge: edged,
  /** @param {number} width @param {number} height */
  look(width, height) {
    seen = { width, height, differences: new Uint8Array(width * height) };
  },
  /** @param {number} y the first of these rows @param {Uint8ClampedArray} rgba @param {number[]} colour */
  rows(y, rgba, colour) {
    seen.differences.set(differences(rgba, colour), y * seen.width);
  },
  /** @param {{x: number, y: number} | null} start @param {number} tolerance @param {number} fade */
  alike(start, tolerance, fade) {
    const { width, height } = seen;
    return new Mask(width, height, alike(seen.differences, width, height, start, tolerance, fade)).cut();
  },
  /** @param {ImageBitmap} picture @param {number} width @param {number} height */
  read(picture, width, height) {
    const patch = fromPicture(picture, width, height).cut();
    picture.close();
    return patch;
  },
};

addEventListener("message", async ({ data: { id, task, given } }) => {
  try {
    postMessage({ id, result: await TASKS[task](...given) });
  } catch (error) {
    postMessage({ id, fault: error instanceof Error ? error.message : String(error) });
  }
});
