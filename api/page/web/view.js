// SPDX-License-Identifier: Apache-2.0
// The canvas: the picture that is shown, as large as fits.

import { openPicture } from "./photo.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./client.js").Client} Client */

export class View extends EventTarget {
  /** Pixels to add on each side, which can be dragged; null: there is no frame. @type {{left: number, top: number, right: number, bottom: number} | null} */
  frame = null;
  /** @type {import("./photo.js").Drawable | null} */
  #picture = null;
  scale = 1;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {State} state
   * @param {Client} client
   */
  constructor(canvas, state, client) {
    super();
    this.canvas = canvas;
    this.state = state;
    this.client = client;
    state.addEventListener("step", () => void this.#load());
  }

  async #load() {
    const step = this.state.step;
    this.canvas.hidden = !step;
    if (!step) return;
    this.#picture = await openPicture(step.source ?? this.client.imageUrl(step.picture.digest));
    this.fit();
  }

  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = clientWidth;
    this.canvas.height = clientHeight;
    if (!this.#picture) return;
    const { width, height, bitmap } = this.#picture;
    this.scale = Math.min(clientWidth / width, clientHeight / height);
    const [w, tall] = [width * this.scale, height * this.scale];
    this.canvas.getContext("2d")?.drawImage(bitmap, (clientWidth - w) / 2, (clientHeight - tall) / 2, w, tall);
  }
}
