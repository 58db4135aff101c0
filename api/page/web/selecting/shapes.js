// SPDX-License-Identifier: Apache-2.0
// Box and lasso: an outline that is drawn, and selects what lies in it once it is whole.

import { outline } from "./controls.js";

/** @typedef {import("../view.js").Point} Point */
/** @typedef {{x: number, y: number}} Place */

/** @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector[]} */
export function shapes(selecting) {
  return [
    { name: "box", key: "M", tool: outlined(selecting, boxOf), hasMode: true },
    { name: "lasso", key: "L", tool: outlined(selecting, (points) => points), hasMode: true },
  ];
}

/** The corners of the box from the first place to the last one. @param {Place[]} points @returns {Place[]} */
function boxOf(points) {
  const [a, b] = [points[0], points[points.length - 1]].map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) }));
  return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
}

/**
 * @param {import("./panel.js").Selecting} selecting
 * @param {(points: Place[]) => Place[]} corners of the shape that was drawn through places
 * @returns {import("../view.js").Tool}
 */
function outlined({ state, view, mode }, corners) {
  /** @type {Point[]} */
  let points = [];
  const cancel = () => {
    points = [];
    view.draw();
  };
  return {
    cursor: "crosshair",
    down: (point) => void (points = [point]),
    move: (point) => {
      points.push(point);
      view.draw();
    },
    up: (point) => {
      const changed = state.mask?.polygon(corners([...points, point]), mode(points[0]));
      cancel();
      state.maskChanged(changed);
    },
    cancel,
    draw: (context) => {
      if (!points.length) return;
      context.beginPath();
      for (const { x, y } of corners(points).map((corner) => view.toScreen(corner))) context.lineTo(x, y);
      context.closePath();
      outline(context);
    },
  };
}
