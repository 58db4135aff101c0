// SPDX-License-Identifier: Apache-2.0
// What can be done with the picture: one folded part for each action, and what is being done now.

import { h, icon } from "../dom.js";
import { background } from "./background.js";
import { erase } from "./erase.js";
import { extend } from "./extend.js";
import { recipe } from "./recipe.js";
import { replace } from "./replace.js";
import { progress } from "./progress.js";

/** @typedef {import("../wire").RecipeSummary} RecipeSummary */
/**
 * What actions share. `lookup` gives a recipe with its schema.
 * @typedef {import("../main.js").Page & { recipes: () => Promise<RecipeSummary[]>,
 *   lookup: (name: string) => Promise<[RecipeSummary, import("../client.js").Schema]> }} Doing
 */
/** An action makes its part when it is opened first; `isOpen` tells that it was opened or folded.
 * @typedef {(doing: Doing) => Promise<{ element: HTMLElement, toggled?: (isOpen: boolean) => void }>} Action */

/** @type {import("../main.js").Part} */
export function doing(page) {
  const { state, client, t } = page;
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
  const shared = { ...page, recipes, lookup };
  const actions = [
    part(shared, "erase", t("do.erase"), erase, true),
    part(shared, "replace", t("do.replace"), replace),
    part(shared, "extend", t("do.extend"), extend),
    part(shared, "background", t("do.background"), background),
    part(shared, "recipes", t("do.other"), recipe),
  ];
  return h("section", { class: "doing", "aria-label": t("do.title") }, progress(state, t), ...actions);
}

/** @param {Doing} shared @param {string} sign @param {string} title @param {Action} action @param {boolean} [open] */
function part(shared, sign, title, action, open = false) {
  /** @type {ReturnType<Action> | null} */
  let made = null;
  const details = h("details", { name: "doing", open }, h("summary", null, icon(sign), title));
  const toggle = async () => {
    try {
      if (details.open && !made) {
        made = action(shared);
        details.append((await made).element);
      }
      (await made)?.toggled?.(details.open);
    } catch (error) {
      made = null; // opened again, it is tried again
      shared.state.sorry(error);
    }
  };
  details.addEventListener("toggle", () => void toggle());
  return details;
}
