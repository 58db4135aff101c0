// SPDX-License-Identifier: Apache-2.0
// A shape that is still being adjusted: each newer form takes the place of the one before, as one stroke to undo.

import { union } from "../history.js";

/** @typedef {import("../mask.js").Mask} Mask */

export class Draft {
  /** @type {Mask | null} */
  #mask = null;
  #revision = 0;

  /** @param {import("../state.js").State} state */
  constructor(state) {
    this.state = state;
  }

  /** Whether the newest change of the selection is this shape. */
  get isNewest() {
    return this.#mask !== null && this.#mask === this.state.mask && this.#mask.revision === this.#revision;
  }

  /** What comes next is another shape. */
  close() {
    this.#mask = null;
  }

  /** @param {import("../mask.js").Patch | null} patch @param {import("../mask.js").Mode} mode */
  put(patch, mode) {
    const { mask } = this.state;
    if (!mask) return;
    const before = this.isNewest ? mask.takeBack() : null;
    const changed = mask.combine(patch, mode);
    // A shape of nothing is no stroke: there would be nothing to take back.
    [this.#mask, this.#revision] = [changed ? mask : null, mask.revision];
    this.state.maskChanged(union(before, changed));
  }
}
