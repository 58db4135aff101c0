// SPDX-License-Identifier: Apache-2.0
// What is selected, and with which tool.

import { h, icon } from "../dom.js";
import { asking } from "./asking.js";
import { Beside } from "./beside.js";
import { brushes } from "./brush.js";
import { edge } from "./edge.js";
import { file } from "./file.js";
import { points, subject, words } from "./found.js";
import { shapes } from "./shapes.js";
import { wand } from "./wand.js";

/** @typedef {import("../mask.js").Mode} Mode */
/** @typedef {import("../mask.js").Patch} Patch */
/**
 * A way to select. `tool`: what the picture's pointer does meanwhile; `shown`: it is in hand now.
 * @typedef {{name: string, key?: string, tool?: import("../view.js").Tool | null, options?: HTMLElement[], hasMode?: boolean,
 *   shown?: () => unknown}} Selector
 *
 * What the ways share. `mode`: how a shape meets what is selected, by the keys that are held with a point, else as chosen;
 * `apply` puts a shape there; `busy` says what goes wrong; `oneByOne` makes a function that runs once more after it was
 * called while it ran.
 * @typedef {import("../main.js").Page & {beside: Beside, asking: import("./asking.js").Asking,
 *   mode: (point?: {shift: boolean, alt: boolean}) => Mode, apply: (patch: Patch | null | undefined, mode: Mode) => void,
 *   busy: (work: () => Promise<void>) => Promise<void>, oneByOne: (work: () => Promise<void>) => () => Promise<void>}} Selecting
 */

/** @type {Mode[]} */
const MODES = ["add", "subtract", "intersect", "replace"];

/** @type {import("../main.js").Part} */
export function selecting(page) {
  const { state, view, t } = page;
  const names = {
    add: t("select.add"),
    subtract: t("select.subtract"),
    intersect: t("select.intersect"),
    replace: t("select.replace"),
  };
  const inputs = MODES.map((mode) => h("input", { type: "radio", name: "mode", value: mode, checked: mode === "add" }));
  const labels = MODES.map((mode, at) => h("label", null, inputs[at], h("span", null, names[mode])));
  const modes = h("fieldset", { class: "modes" }, h("legend", null, t("select.mode")), ...labels);
  /** @type {Selecting["busy"]} */
  const busy = async (work) => {
    element.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (error) {
      state.sorry(error);
    } finally {
      element.removeAttribute("aria-busy");
    }
  };
  const beside = new Beside();
  /** @type {Selecting} */
  const all = {
    ...{ ...page, beside, busy, asking: asking(page, beside) },
    mode: (point) => {
      if (point?.shift) return point.alt ? "intersect" : "add";
      return point?.alt ? "subtract" : MODES[inputs.findIndex((input) => input.checked)];
    },
    apply: (patch, mode) => {
      if (patch !== undefined) state.maskChanged(state.mask?.combine(patch, mode));
    },
    oneByOne: (work) => {
      let [isRunning, isWanted] = [false, false];
      return () =>
        busy(async () => {
          isWanted = true;
          if (isRunning) return;
          isRunning = true;
          try {
            while (isWanted) {
              isWanted = false;
              await work();
            }
          } finally {
            isRunning = false;
          }
        });
    },
  };
  /** @type {Selector[]} */
  const selectors = [
    { name: "hand", key: "H" },
    ...brushes(all),
    ...shapes(all),
    wand(all),
    subject(all),
    points(all),
    words(all),
    file(all),
  ];
  const buttons = selectors.map(({ name, key }) => {
    const props = { "aria-keyshortcuts": key, onclick: () => state.setTool(name) };
    return h("button", props, icon(name), t(`select.${name}`));
  });
  const help = h("p", { class: "quiet" });
  const options = h("div", { class: "options" });
  /** @type {Selector | undefined} */
  let chosen;
  const look = () => state.step && chosen?.shown?.();
  const take = () => {
    chosen = selectors.find(({ name }) => name === state.tool);
    if (!chosen) return;
    for (const [at, button] of buttons.entries()) button.setAttribute("aria-pressed", `${selectors[at] === chosen}`);
    view.setTool(chosen.tool ?? null);
    help.textContent = t(`select.${chosen.name}.help`);
    options.replaceChildren(...(chosen.options ?? []));
    modes.hidden = !chosen.hasMode;
    look();
  };
  state.addEventListener("tool", take);
  state.addEventListener("selection", () => view.tool?.cancel?.());
  state.addEventListener("step", look);
  /** @param {"invert" | "clear"} name @param {string} keys */
  const whole = (name, keys) => {
    const props = { "aria-keyshortcuts": keys, onclick: () => state.maskChanged(state.mask?.[name]()) };
    return h("button", props, icon(name), t(`select.${name}`));
  };
  const element = h(
    "div",
    { class: "selecting" },
    h("h2", null, t("select")),
    h("div", { class: "tools", role: "group", "aria-label": t("select.tools") }, ...buttons),
    help,
    options,
    all.asking.element,
    modes,
    h("div", { class: "row" }, whole("invert", "I"), whole("clear", "Delete Control+D")),
    edge(all),
  );
  take();
  return element;
}
