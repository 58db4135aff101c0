// SPDX-License-Identifier: Apache-2.0
// What can be done with the picture: one folded part for each action, and what is being done now.
// @ts-check

import { h, icon } from "../dom.js";
import { background } from "./background.js";
import { erase } from "./erase.js";
import { extend } from "./extend.js";
import { Performer } from "./performing.js";
import { recipe } from "./recipe.js";
import { replace } from "./replace.js";
import { progress } from "./progress.js";

/** @typedef {import("../wire").RecipeSummary} RecipeSummary */
/**
 * What actions share. `lookup` gives a recipe with its schema.
 * @typedef {import("./form.js").Page & {
 *   view: import("../view.js").View, performer: Performer, recipes: () => Promise<RecipeSummary[]>,
 *   lookup: (name: string) => Promise<[RecipeSummary, import("../client.js").Schema]> }} Doing
 */
/** An action makes its part when it is opened first; `isOpen` tells that it was opened or folded.
 * @typedef {(doing: Doing) => Promise<{ element: HTMLElement, toggled?: (isOpen: boolean) => void }>} Action */

/**
 * @param {import("../state.js").State} state
 * @param {import("../client.js").Client} client
 * @param {import("../view.js").View} view
 * @param {import("../texts.js").Translate} t
 * @param {Performer} performer
 * @param {import("../models.js").Models} models
 * @returns {HTMLElement}
 */
export function doing(state, client, view, t, performer, models) {
  /** @type {Promise<RecipeSummary[]> | null} */
  let asked = null;
  const recipes = () => {
    asked ??= client.recipes().catch((error) => {
      asked = null;
      throw error;
    });
    return asked;
  };
  /** @type {Doing["lookup"]} */
  const lookup = async (name) => {
    const [all, schema] = await Promise.all([recipes(), client.recipe(name)]);
    const found = all.find((each) => each.name === name);
    if (!found) throw new Error(t("do.no_recipe", { name }));
    return [found, schema];
  };
  const shared = { state, client, view, t, performer, recipes, lookup, models };
  /** @type {[string, string, Action][]} */
  const actions = [
    ["erase", t("do.erase"), erase],
    ["replace", t("do.replace"), replace],
    ["extend", t("do.extend"), extend],
    ["background", t("do.background"), background],
    ["recipes", t("do.other"), recipe],
  ];
  return h(
    "section",
    { class: "doing", "aria-label": t("do.title") },
    progress(state, t),
    ...actions.map(([sign, title, action], number) => part(shared, [icon(sign), title], action, number === 0)),
  );
}

/** @param {Doing} shared @param {(Node | string)[]} title @param {Action} action @param {boolean} open */
function part(shared, title, action, open) {
  /** @type {ReturnType<Action> | null} */
  let made = null;
  const details = h("details", { name: "doing", open }, h("summary", null, ...title));
  const toggle = async () => {
    try {
      if (details.open && !made) {
        made = action(shared);
        details.append((await made).element);
      }
      (await made)?.toggled?.(details.open);
    } catch (error) {
      made = null; // opened again, it is tried again
      shared.state.say(error instanceof Error ? error.message : String(error), { urgent: true });
    }
  };
  details.addEventListener("toggle", () => void toggle());
  return details;
}
