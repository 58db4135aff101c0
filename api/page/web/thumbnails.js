// SPDX-License-Identifier: Apache-2.0
// Small pictures of large ones, made once each.

import { h } from "./dom.js";
import { bitmapOf } from "./photo.js";

const SIZE = 160;
const MOST = 300; // that are kept

/** What of a step is asked for: see `state.js`. @typedef {{ picture: { digest: string }, source?: Blob, keeping?: Promise<unknown> }} Shown */

export class Thumbnails {
  /** Addresses by digest, or by the bytes of what the server does not have yet; the newest last. @type {Map<string | Blob, Promise<string>>} */
  #made = new Map();

  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this.client = client;
  }

  /** An image of a step's picture; one that the server has no more stays empty. @param {Shown} step */
  image(step) {
    const image = h("img", { alt: "" });
    void this.#show(image, step);
    return image;
  }

  /** @param {HTMLImageElement} image @param {Shown} step */
  async #show(image, step) {
    const key = step.source ?? step.picture.digest;
    try {
      const made = this.#made.get(key) ?? this.#make(step);
      this.#made.delete(key);
      this.#made.set(key, made);
      this.#forget();
      image.src = await made;
    } catch {
      this.#made.delete(key);
      image.classList.add("gone");
    }
  }

  /** Let the oldest one go where there are too many. */
  #forget() {
    const [oldest] = this.#made;
    if (this.#made.size <= MOST) return;
    this.#made.delete(oldest[0]);
    oldest[1].then(URL.revokeObjectURL, () => {});
  }

  /** @param {Shown} step */
  async #make(step) {
    const whole = await bitmapOf(this.client, step);
    const scale = Math.min(1, SIZE / Math.max(whole.width, whole.height));
    const canvas = new OffscreenCanvas(
      Math.max(1, Math.round(whole.width * scale)),
      Math.max(1, Math.round(whole.height * scale)),
    );
    const context = canvas.getContext("2d");
    if (context) context.imageSmoothingQuality = "high";
    context?.drawImage(whole, 0, 0, canvas.width, canvas.height);
    whole.close();
    return URL.createObjectURL(await canvas.convertToBlob());
  }
}
