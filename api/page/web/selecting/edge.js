// SPDX-License-Identifier: Apache-2.0
// The edge of the selection: moved and faded while the sliders move, as one stroke to undo.

import { h } from "../dom.js";
import { slider } from "./controls.js";
import { Draft } from "./draft.js";

const LEAST_REACH = 20; // pixels
const REACH = 30; // part of the shorter side

/** @param {import("./panel.js").Selecting} selecting @returns {HTMLElement} */
export function edge({ state, t, beside, oneByOne }) {
  const draft = new Draft(state);
  /** @type {import("../mask.js").Patch | null} the selection without what the sliders do */
  let base = null;
  const adjust = oneByOne(async () => {
    const { mask } = state;
    if (!mask) return;
    if (!draft.isNewest) {
      base = mask.cut();
      draft.close();
    }
    const { revision, width, height } = mask;
    const given = [base, { width, height }, grow.input.valueAsNumber, soften.input.valueAsNumber];
    const patch = base && (await beside.ask("edge", given));
    if (patch && mask === state.mask && mask.revision === revision) draft.put(patch, "replace");
  });
  const text = (/** @type {number} */ n) => t("select.pixels", { n });
  const grow = slider(t("select.grow"), { min: -LEAST_REACH, max: LEAST_REACH, value: 0, text }, adjust);
  const soften = slider(t("select.soften"), { max: LEAST_REACH, value: 0, text }, adjust);
  const rest = () => {
    if (!draft.isNewest) for (const each of [grow, soften]) each.set(0);
  };
  state.addEventListener("mask", rest);
  state.addEventListener("step", () => {
    const { mask } = state;
    const reach = mask ? Math.max(LEAST_REACH, Math.round(Math.min(mask.width, mask.height) / REACH)) : LEAST_REACH;
    [grow.input.min, grow.input.max, soften.input.max] = [`${-reach}`, `${reach}`, `${reach}`];
    rest();
  });
  return h("fieldset", { class: "edge" }, h("legend", null, t("select.edge")), grow.element, soften.element);
}
