// SPDX-License-Identifier: Apache-2.0
// Extend the picture past its edges: by dragging the frame around it, by numbers, or to a usual proportion.

import { h } from "../dom.js";
import { recipeForm } from "./form.js";
import { start } from "./progress.js";

const RECIPE = "outpaint";
const RATIOS = [
  [16, 9],
  [1, 1],
  [4, 5],
  [9, 16],
];
/** @typedef {"left" | "top" | "right" | "bottom"} Side */
/** @type {Side[]} */
const SIDES = ["left", "top", "right", "bottom"];

/**
 * What is added on each side, so that a picture gets a proportion and none of it is cut.
 * @param {number} width @param {number} height @param {number} across @param {number} down
 * @returns {Record<Side, number>} pixels
 */
function frameFor(width, height, across, down) {
  const wide = Math.max(width, Math.round((height * across) / down)) - width;
  const tall = Math.max(height, Math.round((width * down) / across)) - height;
  const [left, top] = [Math.floor(wide / 2), Math.floor(tall / 2)];
  return { left, top, right: wide - left, bottom: tall - top };
}

/** @type {import("./panel.js").Action} */
export async function extend(doing) {
  const { state, view, t } = doing;
  const names = { left: t("do.left"), top: t("do.top"), right: t("do.right"), bottom: t("do.bottom") };
  const numbers = SIDES.map((side) =>
    h("input", {
      ...{ type: "number", min: 0, max: 16384, step: 1, value: 0, "aria-label": names[side] },
      onchange: () => (view.frame = read()),
    }),
  );
  const read = () =>
    /** @type {Record<Side, number>} */ (
      Object.fromEntries(SIDES.map((side, number) => [side, numbers[number].valueAsNumber || 0]))
    );
  /** @param {Record<Side, number>} frame */
  const show = (frame) => {
    for (const [number, side] of SIDES.entries()) numbers[number].value = String(Math.round(frame[side]));
  };
  /** @param {Record<Side, number>} frame */
  const set = (frame) => {
    show(frame);
    if (isOpen) view.frame = frame;
  };
  const presets = RATIOS.map(([across, down]) => {
    const take = () => state.step && set(frameFor(state.step.picture.width, state.step.picture.height, across, down));
    return h("button", { onclick: take }, `${across}:${down}`);
  });
  view.addEventListener("frame", () => view.frame && show(view.frame));
  const form = await recipeForm(doing, RECIPE, {
    first: ["engine"],
    without: ["sides", "fraction", ...SIDES],
    given: { image: "shown" },
  });
  const button = start(doing, t("do.extend"), () => ({
    recipe: RECIPE,
    label: t("do.extend"),
    read: async (patiently) => {
      const frame = read();
      if (SIDES.every((side) => frame[side] <= 0)) throw new Error(t("do.no_frame"));
      return { ...frame, ...(await form.read(patiently)) };
    },
  }));
  const ratios = { class: "row", role: "group", "aria-label": t("do.ratios") };
  const sides = { class: "row", role: "group", "aria-label": t("do.sides") };
  const element = h(
    "div",
    null,
    h("p", null, t("do.extend_help")),
    h("div", ratios, ...presets),
    h("div", sides, ...SIDES.map((side, at) => h("label", null, h("span", null, names[side]), numbers[at]))),
    form.element,
    button,
  );
  let [isOpen, around] = [false, sizeOf(state)];
  state.addEventListener("step", () => {
    const before = around;
    around = sizeOf(state);
    if (around !== before) set({ left: 0, top: 0, right: 0, bottom: 0 }); // else the frame still fits
  });
  const toggled = (/** @type {boolean} */ opened) => {
    isOpen = opened;
    view.frame = opened ? read() : null;
  };
  return { element, toggled };
}

/** What a frame is around: a photo, in a size. @param {import("../state.js").State} state */
function sizeOf({ photo, step }) {
  return step ? `${photo?.id} ${step.picture.width} ${step.picture.height}` : "";
}
