// SPDX-License-Identifier: Apache-2.0
// Erase what is selected: it is painted over with what is around it.

import { h } from "../dom.js";
import { recipeForm } from "./form.js";
import { start } from "./progress.js";

const RECIPE = "inpaint";

/** @type {import("./panel.js").Action} */
export async function erase(doing) {
  const given = /** @type {const} */ ({ image: "shown", mask: "selection" });
  const { element, read } = await recipeForm(doing, RECIPE, { first: ["engine"], given });
  const label = doing.t("do.erase");
  const button = start(doing, label, () => ({ recipe: RECIPE, label, read }));
  return { element: h("div", null, h("p", null, doing.t("do.erase_help")), element, button) };
}
