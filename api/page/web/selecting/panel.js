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
 * @typedef {{name: string, key: string, tool: import("../view.js").Tool | null, options?: HTMLElement[], hasMode?: boolean,
 *   shown?: () => unknown}} Selector
 *
 * What the ways share. `mode`: how a shape meets what is selected, by the keys that are held with a point, else as chosen;
 * `apply` puts a shape there; `busy` says what goes wrong; `oneByOne` makes a function that runs once more after it was
 * called while it ran.
 * @typedef {{state: import("../state.js").State, client: import("../client.js").Client, view: import("../view.js").View,
 *   t: import("../texts.js").Translate, models: import("../models.js").Models, runner: import("../running.js").Runner,
 *   beside: Beside, asking: import("./asking.js").Asking,
 *   mode: (point?: {shift: boolean, alt: boolean}) => Mode, apply: (patch: Patch | null | undefined, mode: Mode) => void,
 *   busy: (work: () => Promise<void>) => Promise<void>, oneByOne: (work: () => Promise<void>) => () => Promise<void>}} Selecting
 */

/** @type {Mode[]} */
const MODES = ["add", "subtract", "intersect", "replace"];

/**
 * @param {import("../state.js").State} state
 * @param {import("../client.js").Client} client
 * @param {import("../view.js").View} view
 * @param {import("../texts.js").Translate} t
 * @param {import("../models.js").Models} models
 * @param {import("../running.js").Runner} runner
 * @returns {HTMLElement}
 */
export function selecting(state, client, view, t, models, runner) {
  const names = {
    add: t("select.add"),
    subtract: t("select.subtract"),
    intersect: t("select.intersect"),
    replace: t("select.replace"),
  };
  const inputs = MODES.map((mode) => h("input", { type: "radio", name: "mode", value: mode, checked: mode === "add" }));
  const modes = h(
    "fieldset",
    { class: "modes" },
    h("legend", null, t("select.mode")),
    ...MODES.map((mode, at) => h("label", null, inputs[at], h("span", null, names[mode]))),
  );
  /** @type {Selecting["busy"]} */
  const busy = async (work) => {
    element.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (error) {
      state.say(error instanceof Error ? error.message : String(error), { urgent: true });
    } finally {
      element.removeAttribute("aria-busy");
    }
  };
  const beside = new Beside();
  const shared = { state, client, view, t, models, runner, beside };
  /** @type {Selecting} */
  const all = {
    ...shared,
    busy,
    mode: (point) => {
      if (point?.shift) return point.alt ? "intersect" : "add";
      return point?.alt ? "subtract" : MODES[inputs.findIndex((input) => input.checked)];
    },
    apply: (patch, mode) => {
      const changed = patch === undefined ? null : state.mask?.combine(patch, mode);
      if (changed) state.maskChanged(changed);
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
    asking: asking(/** @type {any} */ (shared)),
  };
  /** @type {Selector[]} */
  const selectors = [
    { name: "hand", key: "H", tool: null },
    ...brushes(all),
    ...shapes(all),
    wand(all),
    subject(all),
    points(all),
    words(all),
    file(all),
  ];
  const buttons = selectors.map(({ name, key }) =>
    h(
      "button",
      { type: "button", "aria-keyshortcuts": key || null, "aria-pressed": "false", onclick: () => state.setTool(name) },
      icon(name),
      t(`select.${name}`),
    ),
  );
  const help = h("p", { class: "quiet" });
  const options = h("div", { class: "options" });
  /** @type {Selector | undefined} */
  let chosen;
  const look = () => state.step && chosen?.shown?.();
  const take = () => {
    chosen = selectors.find(({ name }) => name === state.tool);
    if (!chosen) return;
    for (const [at, button] of buttons.entries()) button.setAttribute("aria-pressed", `${selectors[at] === chosen}`);
    view.setTool(chosen.tool);
    help.textContent = t(`select.${chosen.name}.help`);
    options.replaceChildren(...(chosen.options ?? []));
    modes.hidden = !chosen.hasMode;
    look();
  };
  state.addEventListener("tool", take);
  state.addEventListener("selection", () => view.tool?.cancel());
  state.addEventListener("step", look);
  /** @param {"invert" | "clear"} name @param {string} keys */
  const whole = (name, keys) => {
    const act = () => {
      const changed = state.mask?.[name]();
      if (changed) state.maskChanged(changed);
    };
    return h("button", { type: "button", "aria-keyshortcuts": keys, onclick: act }, icon(name), t(`select.${name}`));
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
