// SPDX-License-Identifier: Apache-2.0
// Small pictures of large ones, made once each.
// @ts-check

const SIZE = 160;

/** Thumbnails by digest, or by the bytes of what the server does not have yet. */
export class Thumbnails {
  /** @type {Map<string, Promise<string>>} */
  #made = new Map();
  /** @type {WeakMap<Blob, Promise<string>>} */
  #local = new WeakMap();

  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this.client = client;
  }

  /**
   * Show a picture in an image; one that the server has no more stays empty.
   * @param {HTMLImageElement} image @param {{ digest: string }} picture @param {Blob} [source] its bytes, where they are here
   */
  async show(image, { digest }, source) {
    try {
      const made = (source ? this.#local.get(source) : this.#made.get(digest)) ?? this.#make(digest, source);
      if (source) this.#local.set(source, made);
      else this.#made.set(digest, made);
      image.src = await made;
    } catch {
      this.#made.delete(digest);
      image.classList.add("gone");
    }
  }

  /** @param {string} digest @param {Blob} [source] */
  async #make(digest, source) {
    const whole = await createImageBitmap(source ?? (await this.client.image(digest)));
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
