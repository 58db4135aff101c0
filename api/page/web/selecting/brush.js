// SPDX-License-Identifier: Apache-2.0
// Brush and eraser. A pen's pressure makes them wider; shift draws straight on from where they were.

import { outline, slider } from "./controls.js";

const LEAST_PRESSURE = 0.2; // of the width

/** @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector[]} */
export function brushes({ state, view, t }) {
  /** @param {number} value of the slider: wide ones lie as close together as thin ones */
  const width = (value) => Math.round((shorter(state) / 2) ** (value / 100));
  const size = slider(
    t("select.size"),
    { max: 100, value: 60, keys: "[ ]", text: (value) => t("select.pixels", { n: width(value) }) },
    () => view.draw(),
  );
  const softness = slider(t("select.softness"), { max: 100, value: 20, text: (n) => t("select.percent", { n }) });
  state.addEventListener("step", size.show);
  /** @type {(name: string, key: string, value: number) => import("./panel.js").Selector} */
  const selector = (name, key, value) => ({
    name,
    key,
    tool: new Brush(state, value, () => ({
      radius: width(size.input.valueAsNumber) / 2,
      softness: softness.input.valueAsNumber / 100,
    })),
    options: [size.element, softness.element],
  });
  return [selector("brush", "B", 255), selector("eraser", "E", 0)];
}

/** @param {import("../state.js").State} state */
function shorter({ step }) {
  return step ? Math.min(step.picture.width, step.picture.height) : 1000;
}

/** @typedef {import("../view.js").Point} Point */

class Brush {
  cursor = "none";
  /** @type {import("../mask.js").Dab | null} */
  #last = null;
  /** @type {import("../mask.js").Mask | null} what is being drawn on */
  #mask = null;

  /**
   * @param {import("../state.js").State} state
   * @param {number} value what it leaves; alt turns brush and eraser around
   * @param {() => {radius: number, softness: number}} tip
   */
  constructor(state, value, tip) {
    this.state = state;
    this.value = value;
    this.tip = tip;
  }

  /** @param {Point} point */
  down(point) {
    this.#mask = this.state.mask;
    this.#mask?.begin();
    if (!point.shift) this.#last = null;
    this.move(point);
  }

  /** @param {Point} point */
  move({ x, y, pressure, pointer, alt }) {
    if (!this.#mask || this.#mask !== this.state.mask) return;
    const { radius, softness } = this.tip();
    const wide = pointer === "pen" ? LEAST_PRESSURE + (1 - LEAST_PRESSURE) * pressure : 1;
    const dab = { x, y, radius: radius * wide };
    const changed = this.#mask.stroke(this.#last ?? dab, dab, softness, alt ? 255 - this.value : this.value);
    this.#last = dab;
    this.state.maskChanged(changed);
  }

  up() {
    this.#mask?.end();
    this.#mask = null;
  }

  cancel() {
    const changed = this.#mask?.isDrawn ? this.#mask.takeBack() : null;
    if (this.#mask === this.state.mask) this.state.maskChanged(changed);
    this.up();
    this.#last = null;
  }

  /** The outline of its tip where the pointer is. @param {CanvasRenderingContext2D} context @param {import("../view.js").View} view */
  draw(context, view) {
    const at = view.hovered;
    if (!at) return;
    const { x, y } = view.toScreen(at);
    context.beginPath();
    context.arc(x, y, Math.max(1, this.tip().radius * view.scale), 0, 2 * Math.PI);
    outline(context);
  }
}
