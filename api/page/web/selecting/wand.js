// SPDX-License-Identifier: Apache-2.0
// Magic wand: what looks like the place that was clicked. Its sliders go on working at the newest selection.

import { slider, tick } from "./controls.js";
import { Draft } from "./draft.js";

/** @typedef {import("../view.js").Point} Point */

const ROWS = 1 << 20; // pixels at once
const STEPS = 2.55; // of the differences, in one step of the sliders

/** @param {import("./panel.js").Selecting} selecting @returns {import("./panel.js").Selector} */
export function wand(selecting) {
  const { state, view, t, beside, mode, oneByOne } = selecting;
  const draft = new Draft(state);
  /** @type {{step: unknown, x: number, y: number, mode: import("../mask.js").Mode} | null} what was clicked */
  let seed = null;
  /** Clicks, one after the other: the worker looks with the eyes of one. @type {Promise<unknown>} */
  let clicks = Promise.resolve();

  /** Let the worker look at the picture, some rows at a time. @param {{x: number, y: number}} place */
  const look = async ({ x, y }) => {
    const { picture } = view;
    if (!picture) return;
    const { width, height } = picture;
    const colour = (await picture.pixels({ x, y, width: 1, height: 1 })).data;
    await beside.ask("look", [width, height]);
    const rows = Math.max(1, Math.floor(ROWS / width));
    for (let top = 0; top < height; top += rows) {
      const { data } = await picture.pixels({ x: 0, y: top, width, height: Math.min(rows, height - top) });
      await beside.ask("rows", [top, data, [...colour]], [data.buffer]);
    }
  };
  const select = async () => {
    const chosen = seed;
    if (!chosen || chosen.step !== state.step) return;
    const start = contiguous.input.checked ? { x: chosen.x, y: chosen.y } : null;
    const given = [start, tolerance.input.valueAsNumber * STEPS, fade.input.valueAsNumber * STEPS];
    const patch = await beside.ask("alike", given);
    if (chosen.step === state.step) draft.put(patch, chosen.mode);
  };
  const selectAgain = oneByOne(select);
  const adjust = () => {
    if (draft.isNewest) selectAgain();
  };
  const text = (/** @type {number} */ n) => t("select.percent", { n });
  const tolerance = slider(t("select.tolerance"), { max: 60, value: 8, text }, adjust);
  const fade = slider(t("select.fade"), { max: 30, value: 2, text }, adjust);
  const contiguous = tick(t("select.contiguous"), true, adjust);
  /** @param {NonNullable<typeof seed>} chosen */
  const clicked = async (chosen) => {
    if (chosen.step !== state.step) return;
    seed = null; // what the worker sees now is no longer its
    await look(chosen);
    seed = chosen;
    draft.close();
    await select();
  };
  /** @param {Point} point */
  const up = (point) => {
    const { step, mask } = state;
    const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
    if (!step || !mask?.within({ x, y, width: 1, height: 1 })) return;
    const chosen = { step, x, y, mode: mode(point) };
    clicks = clicks.then(() => selecting.busy(() => clicked(chosen)));
  };
  const options = [tolerance.element, fade.element, contiguous.element];
  return { name: "wand", key: "W", tool: { cursor: "crosshair", up }, hasMode: true, options };
}
