// SPDX-License-Identifier: Apache-2.0
// The decoded pictures in memory: few, as one of 48 megapixels takes 200 MB.

import { bitmapOf, drawableOf } from "./photo.js";

/** @typedef {import("./state.js").Step} Step */

const MOST = 2; // so undo is quick and phones live

export class Opened {
  /** The newest last. @type {Map<Step, Promise<import("./photo.js").Drawable>>} */
  #opened = new Map();

  /** @param {import("./client.js").Client} client @param {(step: Step) => boolean} isNeeded whether it is seen or will be */
  constructor(client, isNeeded) {
    this.client = client;
    this.isNeeded = isNeeded;
  }

  /** The picture of a step; what has not been used for longest is let go. @param {Step} step */
  open(step) {
    const opened = this.#opened.get(step) ?? bitmapOf(this.client, step).then(drawableOf);
    this.#opened.delete(step);
    this.#opened.set(step, opened);
    opened.then(
      () => this.#forget(),
      () => this.#opened.delete(step),
    );
    return opened;
  }

  #forget() {
    const old = [...this.#opened].slice(0, -MOST).filter(([step]) => !this.isNeeded(step));
    for (const [step, opened] of old) {
      this.#opened.delete(step);
      opened.then(
        (drawable) => drawable.close(),
        () => {},
      );
    }
  }
}
