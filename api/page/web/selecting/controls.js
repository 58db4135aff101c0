// SPDX-License-Identifier: Apache-2.0
// Controls that the tools share.

import { h } from "../dom.js";

/**
 * A slider with its name and its value in words.
 * @param {string} name
 * @param {{min?: number, max: number, value: number, keys?: string, text: (value: number) => string}} options
 * @param {() => void} [changed]
 */
export function slider(name, { min = 0, max, value, keys, text }, changed) {
  const bounds = { min: `${min}`, max: `${max}`, value: `${value}` };
  const input = h("input", { type: "range", ...bounds, "aria-keyshortcuts": keys });
  const output = h("output"); // it stands behind the control: a label names the first of the two
  const show = () => {
    output.value = text(input.valueAsNumber);
    input.setAttribute("aria-valuetext", output.value);
  };
  input.addEventListener("input", () => {
    show();
    changed?.();
  });
  show();
  /** @param {number} given */
  const set = (given) => {
    input.valueAsNumber = given;
    show();
  };
  return { element: h("label", { class: "slider" }, h("span", null, name), input, output), input, show, set };
}

/** @param {string} name @param {boolean} checked @param {() => void} [changed] */
export function tick(name, checked, changed) {
  const input = h("input", { type: "checkbox", checked, onchange: changed });
  return { element: h("label", { class: "tick" }, input, h("span", null, name)), input };
}

/** Draw a path so that it is seen on any picture. @param {CanvasRenderingContext2D} context */
export function outline(context) {
  [context.lineWidth, context.strokeStyle] = [3, "#000a"];
  context.stroke();
  [context.lineWidth, context.strokeStyle] = [1.25, "#fff"];
  context.stroke();
}
