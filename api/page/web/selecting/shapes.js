// SPDX-License-Identifier: Apache-2.0
// Box and lasso: an outline that is drawn, and selects what lies in it once it is whole.

/** @typedef {import("../view.js").Point} Point */
/** @typedef {{x: number, y: number}} Place */
/** @typedef {import("../mask.js").Mask} Mask */
/** @typedef {import("../mask.js").Mode} Mode */
/** @typedef {(mask: Mask, corners: Place[], mode: Mode) => import("../mask.js").Rect | null} Fill gives what changed */

/** @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector[]} */
export function shapes(selecting) {
  return [
    { name: "box", key: "M", tool: new Outline(selecting, boxOf, fillBox), hasMode: true },
    { name: "lasso", key: "L", tool: new Outline(selecting, (points) => points, fillLine), hasMode: true },
  ];
}

/** The corners of the box from the first place to the last one. @param {Place[]} points @returns {Place[]} */
function boxOf(points) {
  const [a, b] = [points[0], points[points.length - 1]].map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) }));
  return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
}

/** @type {Fill} */
const fillBox = (mask, [a, , b], mode) =>
  mask.rect(Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(b.x - a.x), Math.abs(b.y - a.y), mode);

/** @type {Fill} */
const fillLine = (mask, points, mode) => mask.polygon(points, mode);

class Outline {
  cursor = "crosshair";
  /** @type {Point[]} */
  #points = [];

  /** @param {import("./panel.js").Selecting} selecting @param {(points: Place[]) => Place[]} corners @param {Fill} fill */
  constructor({ state, view, mode }, corners, fill) {
    this.state = state;
    this.view = view;
    this.mode = mode;
    this.corners = corners;
    this.fill = fill;
  }

  /** @param {Point} point */
  down(point) {
    this.#points = [point];
  }

  /** @param {Point} point */
  move(point) {
    this.#points.push(point);
    this.view.draw();
  }

  /** @param {Point} point */
  up(point) {
    const { mask } = this.state;
    const corners = this.corners([...this.#points, point]);
    const mode = this.mode(this.#points[0]);
    this.cancel();
    const changed = mask && this.fill(mask, corners, mode);
    if (changed) this.state.maskChanged(changed);
  }

  cancel() {
    this.#points = [];
    this.view.draw();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../view.js").View} view */
  draw(context, view) {
    if (!this.#points.length) return;
    context.beginPath();
    for (const corner of this.corners(this.#points)) {
      const { x, y } = view.toScreen(corner);
      context.lineTo(x, y);
    }
    context.closePath();
    for (const [width, colour] of /** @type {const} */ ([
      [3, "#000a"],
      [1.25, "#fff"],
    ])) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
  }
}
