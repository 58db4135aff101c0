// SPDX-License-Identifier: Apache-2.0
// Small pictures of large ones, made once each.
// @ts-check

const SIZE = 160;
const MOST = 300; // that are kept

export class Thumbnails {
  /** Addresses by digest, or by the bytes of what the server does not have yet; the newest last. @type {Map<string | Blob, Promise<string>>} */
  #made = new Map();

  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this.client = client;
  }

  /**
   * Show a picture in an image; one that the server has no more stays empty.
   * @param {HTMLImageElement} image @param {{ digest: string }} picture @param {Blob} [source] its bytes, where they are here
   */
  async show(image, { digest }, source) {
    const key = source ?? digest;
    try {
      const made = this.#made.get(key) ?? this.#make(digest, source);
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

  /** @param {string} digest @param {Blob} [source] */
  async #make(digest, source) {
    const whole = await createImageBitmap(source ?? (await this.client.image(digest))).catch(async (error) => {
      if (!digest) throw error; // else the server may know its format
      return createImageBitmap(await this.client.image(digest, "image/png"));
    });
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
